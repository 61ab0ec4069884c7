//! Which rules a packet met, in the kernel's own words (linux/netfilter/nf_tables.h, `enum nft_trace_attributes`).

use std::io;

use nix::libc;
use serde::{Deserialize, Serialize};

use super::netlink::{Message, Netfilter, attributes};

/// `NFNL_SUBSYS_NFTABLES` and `NFT_MSG_TRACE`.
const TRACE: u16 = (10 << 8) | 17;

/// A table that turns tracing on at the very beginning of a packet's way in and out. It decides nothing.
pub(crate) const TRACING_TABLES: &str = "
table netdev lab_trace {
  chain ingress_eth0 { type filter hook ingress device eth0 priority -2000; policy accept; meta nftrace set 1; }
  chain ingress_lo { type filter hook ingress device lo priority -2000; policy accept; meta nftrace set 1; }
}
table inet lab_trace {
  chain output { type filter hook output priority -2000; policy accept; meta nftrace set 1; }
}
";

/// Name of those tables.
const TRACING: &str = "lab_trace";

/// What a step of a trace ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepVerdict {
    /// `NF_DROP`, also of a rule that rejects.
    Drop,
    /// `NF_ACCEPT`: the base chain is done with the packet.
    Accept,
    /// It goes on: continue, jump, goto, return, or a queue.
    Onward,
}

/// Where a packet's way was decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RulePlace {
    /// The rule with this handle.
    Handle(u64),
    /// The rule in this line of the save format, counted from 1.
    Line(usize),
    /// The policy of the base chain.
    Policy,
}

/// A rule or a policy of this host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleName {
    /// It is in legacy x_tables, not in nf_tables.
    pub legacy: bool,
    /// As nft says it; `ip` or `ip6` for legacy.
    pub family: String,
    /// Table.
    pub table: String,
    /// Chain.
    pub chain: String,
    /// The rule in it.
    pub place: RulePlace,
}

/// One step of a packet through nf_tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceStep {
    /// Which packet: the kernel gives every one a number.
    pub packet: u32,
    /// The rule or policy it met.
    pub rule: RuleName,
    /// What that said.
    pub verdict: StepVerdict,
}

/// Reads the steps that have come since the last time.
pub(crate) fn read(socket: &Netfilter) -> io::Result<Vec<TraceStep>> {
    match socket.drain() {
        Ok(messages) => Ok(messages.iter().filter_map(step).collect()),
        // On a busy machine messages are lost: then nothing is said of the way.
        Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn step(message: &Message) -> Option<TraceStep> {
    if message.kind != TRACE {
        return None;
    }
    let mut step = TraceStep {
        packet: 0,
        rule: RuleName {
            legacy: false,
            family: family(message.family)?.to_owned(),
            table: String::new(),
            chain: String::new(),
            place: RulePlace::Policy,
        },
        verdict: StepVerdict::Onward,
    };
    for (kind, value) in attributes(&message.attributes) {
        match kind {
            1 => step.rule.table = text(value),
            2 => step.rule.chain = text(value),
            3 => step.rule.place = RulePlace::Handle(u64::from_be_bytes(value.try_into().ok()?)),
            5 => step.verdict = verdict(value)?,
            6 => step.packet = number(value)?,
            16 => {
                step.verdict = if number(value)? == 0 {
                    StepVerdict::Drop
                } else {
                    StepVerdict::Accept
                }
            }
            _ => {}
        }
    }
    (step.rule.table != TRACING).then_some(step)
}

fn verdict(nested: &[u8]) -> Option<StepVerdict> {
    let (_, code) = attributes(nested)
        .into_iter()
        .find(|(kind, _)| *kind == 1)?;
    Some(match number(code)? & 0xff {
        _ if number(code)? > i32::MAX.cast_unsigned() => StepVerdict::Onward,
        0 => StepVerdict::Drop,
        1 => StepVerdict::Accept,
        _ => StepVerdict::Onward,
    })
}

fn family(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "inet",
        2 => "ip",
        3 => "arp",
        5 => "netdev",
        7 => "bridge",
        10 => "ip6",
        _ => return None,
    })
}

fn text(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&value[..end.unwrap_or(value.len())]).into_owned()
}

fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(value.try_into().ok()?))
}

/// Rules and policies of `iptables-legacy-save -c` that dropped or rejected a packet.
pub(crate) fn legacy_denials(family: &str, save: &str) -> Vec<RuleName> {
    let mut table = "";
    let mut found = Vec::new();
    for (index, line) in save.lines().enumerate() {
        let mut words = line.split_ascii_whitespace();
        let (chain, place) = if let Some(name) = line.strip_prefix('*') {
            table = name;
            continue;
        } else if let Some(rest) = line.strip_prefix(':') {
            if !rest.contains(" DROP ") || rest.ends_with("[0:0]") {
                continue;
            }
            (rest.split(' ').next().unwrap_or(""), RulePlace::Policy)
        } else {
            let counted = words.next().is_some_and(|word| !word.starts_with("[0:"));
            let denies = line.contains(" -j DROP") || line.contains(" -j REJECT");
            if !line.starts_with('[') || !counted || !denies || words.next() != Some("-A") {
                continue;
            }
            (words.next().unwrap_or(""), RulePlace::Line(index + 1))
        };
        found.push(RuleName {
            legacy: true,
            family: family.to_owned(),
            table: table.to_owned(),
            chain: chain.to_owned(),
            place,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_that_met_a_packet_and_deny_are_denials() {
        let save = "# c\n*filter\n:INPUT DROP [1:60]\n:OUTPUT DROP [0:0]\n:u - [1:60]\n\
                    [1:60] -A INPUT -j u\n[0:0] -A INPUT -j DROP\n[1:60] -A u -p tcp -j REJECT --reject-with tcp-reset\nCOMMIT\n";
        let found = legacy_denials("ip", save);
        let places: Vec<(&str, &RulePlace)> = found
            .iter()
            .map(|rule| (rule.chain.as_str(), &rule.place))
            .collect();
        assert_eq!(
            places,
            [("INPUT", &RulePlace::Policy), ("u", &RulePlace::Line(8))]
        );
    }

    #[test]
    fn a_trace_message_is_read() {
        let mut attributes = Vec::new();
        for (kind, value) in [
            (1_u16, &b"filter\0"[..]),
            (2, b"input\0"),
            (3, &[0, 0, 0, 0, 0, 0, 0, 9]),
            (6, &[0, 0, 0, 5]),
            (5, &[8, 0, 1, 0, 0, 0, 0, 0]),
        ] {
            let length = u16::try_from(value.len() + 4).expect("short");
            attributes.extend(length.to_ne_bytes());
            attributes.extend(kind.to_ne_bytes());
            attributes.extend(value);
            attributes.resize(attributes.len().next_multiple_of(4), 0);
        }
        let step = step(&Message {
            kind: TRACE,
            family: 1,
            attributes,
        })
        .expect("a step");
        assert_eq!(step.packet, 5);
        assert_eq!(step.verdict, StepVerdict::Drop);
        assert_eq!(step.rule.place, RulePlace::Handle(9));
        assert_eq!(
            (step.rule.family.as_str(), step.rule.chain.as_str()),
            ("inet", "input")
        );
    }
}
