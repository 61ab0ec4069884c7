//! The kernel's own account of the way of a packet: `nft -a monitor trace`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::listing::Place;
use crate::error::{Doing, LabError};
use crate::namespace::{Host, find_tool};
use crate::sandbox::ROOM;
use crate::system::Identity;

/// Asks for traces before everything else that looks at a packet: a chain registered later runs first at equal priority.
const TABLES: &str = "
table inet sshdoctor_trace {
    chain in {
        type filter hook prerouting priority -2000; policy accept;
        tcp flags & (syn | ack | rst) == syn meta nftrace set 1
    }
    chain out {
        type filter hook output priority -2000; policy accept;
        meta l4proto { tcp, icmp, icmpv6 } meta nftrace set 1
    }
}
table netdev sshdoctor_trace {
    chain eth0 {
        type filter hook ingress device \"eth0\" priority -2000; policy accept;
        tcp flags & (syn | ack | rst) == syn meta nftrace set 1
    }
    chain eth1 {
        type filter hook ingress device \"eth1\" priority -2000; policy accept;
        tcp flags & (syn | ack | rst) == syn meta nftrace set 1
    }
}
";

/// Name of the tables above.
const OWN: &str = "sshdoctor_trace";

/// A trace is complete when nothing was added to it for this long.
const QUIET: Duration = Duration::from_millis(80);

/// What a chain did with a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A base chain got it; this is how it looked.
    Enter(String),
    /// A rule matched.
    Rule {
        handle: Option<u64>,
        text: String,
        verdict: String,
    },
    /// The end of a base chain.
    Policy(String),
}

/// One line of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) place: Place,
    pub(super) step: Step,
}

/// The way of one packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) id: String,
    pub(super) events: Vec<Event>,
}

impl Passage {
    /// How the packet looked at first.
    pub(super) fn packet(&self) -> &str {
        self.events
            .iter()
            .find_map(|event| match &event.step {
                Step::Enter(packet) => Some(packet.as_str()),
                _ => None,
            })
            .unwrap_or("")
    }

    /// Numbers come from the address of the packet's memory, which the next packet may get.
    fn has_entered(&self, event: &Event) -> bool {
        matches!(event.step, Step::Enter(_))
            && self.events.iter().any(|earlier| {
                earlier.place == event.place && matches!(earlier.step, Step::Enter(_))
            })
    }
}

/// A running trace.
pub(super) struct Tracer {
    child: Child,
    file: PathBuf,
    read: usize,
}

impl Tracer {
    /// Adds the tables that ask for traces, and listens.
    pub(super) fn start(server: &Host) -> Result<Self, LabError> {
        server.feed("nft", "nftables", &["-f", "-"], TABLES)?;
        let file = Path::new(ROOM).join("trace");
        let child = server
            .command(&find_tool("nft", "nftables")?, Identity::Root)?
            .args(["-a", "monitor", "trace"])
            .stdout(File::create(&file).doing("make the trace")?)
            .stderr(Stdio::null())
            .spawn()
            .doing("start the trace")?;
        server.run("wait for the trace", || {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(5) {
                if is_subscribed(&std::fs::read_to_string("/proc/thread-self/net/netlink")?) {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(std::io::Error::other("nft monitor does not listen"))
        })?;
        Ok(Self {
            child,
            file,
            read: 0,
        })
    }

    /// What came since the last time.
    pub(super) fn take(&mut self) -> Result<Vec<Passage>, LabError> {
        let mut text = Vec::new();
        loop {
            std::thread::sleep(QUIET);
            let now = std::fs::read(&self.file).doing("read the trace")?;
            if now.len() == text.len() {
                break;
            }
            text = now;
        }
        let new = String::from_utf8_lossy(text.get(self.read..).unwrap_or_default()).into_owned();
        self.read = text.len();
        Ok(passages(&new))
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        let _ = kill(
            Pid::from_raw(self.child.id().cast_signed()),
            Signal::SIGKILL,
        );
        let _ = self.child.wait();
    }
}

/// Someone listens to `NFNLGRP_NFTRACE` (9) of `NETLINK_NETFILTER` (12); `proc_net_netlink` lists groups as a bit field.
fn is_subscribed(table: &str) -> bool {
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let groups = fields.get(3).map(|bits| u32::from_str_radix(bits, 16));
        fields.get(1) == Some(&"12") && matches!(groups, Some(Ok(bits)) if bits & (1 << 8) != 0)
    })
}

fn passages(text: &str) -> Vec<Passage> {
    let mut all: Vec<Passage> = Vec::new();
    for line in text.lines() {
        let Some((id, event)) = parse(line) else {
            continue;
        };
        if event.place.1 == OWN && !matches!(event.step, Step::Enter(_)) {
            continue;
        }
        match all.iter_mut().rfind(|passage| passage.id == id) {
            Some(passage) if !passage.has_entered(&event) => passage.events.push(event),
            _ => all.push(Passage {
                id: id.to_owned(),
                events: vec![event],
            }),
        }
    }
    all
}

fn parse(line: &str) -> Option<(&str, Event)> {
    let mut fields = line.strip_prefix("trace id ")?.splitn(5, ' ');
    let (id, family, table, chain) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    let rest = fields.next()?.trim();
    let step = if let Some(packet) = rest.strip_prefix("packet:") {
        Step::Enter(packet.trim().to_owned())
    } else if let Some(policy) = rest.strip_prefix("policy ") {
        Step::Policy(policy.trim().to_owned())
    } else if let Some(rule) = rest
        .strip_prefix("rule ")
        .or_else(|| rest.strip_prefix("unknown rule "))
    {
        let (rule, verdict) = rule.rsplit_once("(verdict ")?;
        let (text, handle) = match rule.trim().rsplit_once("# handle ") {
            Some((text, handle)) => (text, handle.parse().ok()),
            None => (rule, None),
        };
        Step::Rule {
            handle,
            text: text.trim().to_owned(),
            verdict: verdict.trim_end_matches(')').to_owned(),
        }
    } else {
        return None;
    };
    let place = (family.to_owned(), table.to_owned(), chain.to_owned());
    Some((id, Event { place, step }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_a_packet_is_read() {
        let text = "trace id 1a inet sshdoctor_trace in packet: iif \"eth0\" tcp dport 22\n\
                    trace id 1a inet sshdoctor_trace in rule meta nftrace set 1 # handle 3 (verdict continue)\n\
                    trace id 1a ip filter INPUT packet: iif \"eth0\" tcp dport 22\n\
                    trace id 2b ip filter OUTPUT policy drop \n\
                    trace id 1a ip filter INPUT rule tcp dport 22 jump x # handle 5 (verdict jump x)\n";
        let all = passages(text);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].events.len(), 3);
        assert_eq!(
            all[0].events[2].step,
            Step::Rule {
                handle: Some(5),
                text: "tcp dport 22 jump x".into(),
                verdict: "jump x".into()
            }
        );
        assert_eq!(all[1].events[0].step, Step::Policy("drop".into()));
    }

    #[test]
    fn a_number_used_again_is_another_packet() {
        let text = "trace id 1a inet a in packet: iif \"lo\" tcp flags == syn\n\
                    trace id 1a inet a in policy accept \n\
                    trace id 1a inet a in packet: iif \"lo\" tcp flags == ack\n\
                    trace id 1a inet a in policy drop \n";
        let all = passages(text);
        assert_eq!(all.len(), 2);
        assert!(all[1].packet().contains("ack"));
        assert_eq!(all[1].events[1].step, Step::Policy("drop".into()));
    }

    #[test]
    fn only_the_group_of_traces_counts() {
        assert!(is_subscribed(
            "00000000b1f1bf68 12  179        00000100 0\n"
        ));
        assert!(!is_subscribed(
            "00000000b1f1bf68 12  0          00000000 0\n"
        ));
        assert!(!is_subscribed(
            "00000000b1f1bf68 15  179        00000100 0\n"
        ));
    }
}
