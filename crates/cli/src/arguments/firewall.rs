//! Arguments of `firewall`.

use std::net::IpAddr;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use sshdoctor_filter::evaluate::{Question, Version};

use super::{OutputArguments, usage_error};

/// The longest name of an interface, in bytes (`IFNAMSIZ` less the closing zero, `linux/if.h`).
const MAX_INTERFACE_NAME: usize = 15;

/// Arguments of `firewall`.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(crate) struct FirewallArguments {
    /// Address or network the packet comes from; without it the answer is for every address
    #[arg(long, value_name = "ADDR|NET", value_parser = source)]
    pub(crate) from: Option<Source>,
    /// Port it comes from
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) from_port: Option<u16>,
    /// Address of the server it is sent to; without it the answer is for any of its own
    #[arg(long, value_name = "ADDR", value_parser = destination)]
    pub(crate) to: Option<IpAddr>,
    /// Port it is sent to
    #[arg(long, value_name = "N", default_value_t = 22, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// Interface it arrives by
    #[arg(long, value_name = "NAME", value_parser = interface)]
    pub(crate) iface: Option<String>,
    /// Link-layer address it comes from
    #[arg(long, value_name = "ADDR", value_parser = link_layer_address)]
    pub(crate) mac: Option<Mac>,
    /// IPv4, where no address says so
    #[arg(short = '4', overrides_with = "ipv6")]
    ipv4: bool,
    /// IPv6, where no address says so
    #[arg(short = '6', overrides_with = "ipv4")]
    ipv6: bool,
    /// Read rules from this file and not from this host: what nft list ruleset (with or without -j), iptables-save, ip6tables-save or ipset save printed; - is standard input; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) ruleset: Vec<String>,
    /// For a packet that is denied: also say which smallest insertion would let it in (accept)
    #[arg(long, value_name = "VERDICT", value_enum, hide_possible_values = true)]
    pub(crate) why_not: Option<Wanted>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// A verdict that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wanted {
    /// Let in.
    Accept,
}

/// Where the packet comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    network: IpNet,
    scope: Option<String>,
}

/// A link-layer address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mac([u8; 6]);

impl FirewallArguments {
    /// What is asked: one question, or one for each family where nothing tells which.
    ///
    /// # Errors
    /// When the addresses and options contradict one another.
    pub(crate) fn questions(&self) -> Result<Vec<Question>, clap::Error> {
        let standard_inputs = self.ruleset.iter().filter(|name| *name == "-").count();
        if standard_inputs > 1 {
            return Err(usage_error(
                "--ruleset - can be given once: standard input is read to its end",
            ));
        }
        let versions = match self.version()? {
            Some(version) => vec![version],
            None => vec![Version::V4, Version::V6],
        };
        let from = self.from.as_ref().map(|source| source.network);
        let interface = self.interface(from)?;
        Ok(versions
            .into_iter()
            .map(|version| Question {
                version,
                from,
                from_port: self.from_port,
                to: self.to,
                port: self.port,
                interface: interface.clone(),
                mac: self.mac.map(|Mac(octets)| octets),
            })
            .collect())
    }

    fn version(&self) -> Result<Option<Version>, clap::Error> {
        let from = self
            .from
            .as_ref()
            .map(|from| ("--from", from.network.to_string(), from.network.addr()));
        let to = self.to.map(|to| ("--to", to.to_string(), to));
        let mut known: Option<(String, Version)> = match (self.ipv4, self.ipv6) {
            (true, _) => Some(("-4".into(), Version::V4)),
            (_, true) => Some(("-6".into(), Version::V6)),
            _ => None,
        };
        for (option, text, address) in from.into_iter().chain(to) {
            let version = Version::of(address);
            match &known {
                Some((earlier, other)) if *other != version => {
                    return Err(usage_error(format!(
                        "{option} {text} is {} and {earlier} is {}: a packet is of one family",
                        name(version),
                        name(*other)
                    )));
                }
                _ => known = Some((format!("{option} {text}"), version)),
            }
        }
        Ok(known.map(|(_, version)| version))
    }

    /// The interface that was named, by the option or as the scope of the source; `lo` for a source that is loopback.
    fn interface(&self, from: Option<IpNet>) -> Result<Option<String>, clap::Error> {
        let scope = self.from.as_ref().and_then(|from| from.scope.clone());
        match (&self.iface, scope) {
            (Some(named), Some(scope)) if *named != scope => Err(usage_error(format!(
                "--iface {named} contradicts the scope %{scope} of --from"
            ))),
            (Some(named), _) => Ok(Some(named.clone())),
            (None, Some(scope)) => Ok(Some(scope)),
            (None, None) => Ok(from
                .filter(|from| from.addr().is_loopback())
                .map(|_| "lo".to_owned())),
        }
    }
}

const fn name(version: Version) -> &'static str {
    match version {
        Version::V4 => "IPv4",
        Version::V6 => "IPv6",
    }
}

fn source(text: &str) -> Result<Source, String> {
    let (unscoped, scope) = match text.split_once('%') {
        Some((address, scope)) => (address, Some(interface(scope)?)),
        None => (text, None),
    };
    let network = match (unscoped.parse::<IpAddr>(), unscoped.parse::<IpNet>()) {
        (Ok(address), _) => IpNet::from(unmapped(address)),
        (_, Ok(network)) => network.trunc(),
        _ => {
            return Err(
                "neither an address nor a network, as 198.51.100.7 or 2001:db8::/32".into(),
            );
        }
    };
    let address = network.addr();
    let single = network.prefix_len() == network.max_prefix_len();
    if address.is_multicast() || single && address.is_unspecified() {
        return Err("no client has such an address".into());
    }
    Ok(Source { network, scope })
}

fn destination(text: &str) -> Result<IpAddr, String> {
    let address = text
        .split('%')
        .next()
        .unwrap_or_default()
        .parse::<IpAddr>()
        .map_err(|_| "not an address, as 203.0.113.9 or 2001:db8::9".to_owned())?;
    if address.is_multicast() || address.is_unspecified() {
        return Err("no server has such an address".into());
    }
    Ok(unmapped(address))
}

/// An IPv4 address that is written as IPv6 is IPv4 on the wire.
fn unmapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn interface(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty()
        && text.len() <= MAX_INTERFACE_NAME
        && text != "."
        && text != ".."
        && !text
            .chars()
            .any(|c| c == '/' || c == ':' || c.is_whitespace() || c.is_control());
    if is_name {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "no interface has such a name: 1 to {MAX_INTERFACE_NAME} bytes without space, / or :"
        ))
    }
}

fn link_layer_address(text: &str) -> Result<Mac, String> {
    let parts: Option<Vec<u8>> = text
        .split([':', '-'])
        .map(|part| {
            let is_octet = (1..=2).contains(&part.len()) && !part.starts_with('+');
            u8::from_str_radix(part, 16).ok().filter(|_| is_octet)
        })
        .collect();
    parts
        .and_then(|parts| parts.try_into().ok())
        .map(Mac)
        .ok_or_else(|| "not a link-layer address, as 00:00:5e:00:53:01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Command, parse};

    fn firewall(words: &str) -> Result<FirewallArguments, clap::Error> {
        let arguments = ["sshdoctor", "firewall"]
            .into_iter()
            .chain(words.split(' ').filter(|word| !word.is_empty()))
            .map(Into::into)
            .collect();
        match parse(arguments)? {
            Command::Firewall(arguments) => Ok(*arguments),
            other => panic!("{other:?}"),
        }
    }

    fn questions(words: &str) -> Vec<Question> {
        firewall(words).unwrap().questions().unwrap()
    }

    fn refused(words: &str) -> String {
        let error = firewall(words)
            .and_then(|arguments| arguments.questions().map(drop))
            .expect_err("must be refused");
        assert_eq!(error.exit_code(), 2, "{words}");
        error.to_string()
    }

    #[test]
    fn a_question_holds_what_was_given() {
        let asked = questions(
            "--from 198.51.100.7 --from-port 40000 --to 203.0.113.9 --port 2222 --iface eth0 --mac 00:00:5e:00:53:1",
        );
        assert_eq!(
            asked,
            [Question {
                version: Version::V4,
                from: Some("198.51.100.7/32".parse().unwrap()),
                from_port: Some(40000),
                to: Some("203.0.113.9".parse().unwrap()),
                port: 2222,
                interface: Some("eth0".into()),
                mac: Some([0, 0, 0x5e, 0, 0x53, 1]),
            }]
        );
    }

    #[test]
    fn the_family_follows_from_the_addresses_or_is_asked_for_both() {
        let versions = |words| -> Vec<Version> {
            questions(words).iter().map(|asked| asked.version).collect()
        };
        assert_eq!(versions(""), [Version::V4, Version::V6]);
        assert_eq!(versions("-6"), [Version::V6]);
        assert_eq!(versions("-6 -4"), [Version::V4]);
        assert_eq!(versions("--from 2001:db8::/32"), [Version::V6]);
        assert_eq!(versions("--to 203.0.113.9"), [Version::V4]);
        assert_eq!(versions("--from ::ffff:198.51.100.7"), [Version::V4]);
        for words in [
            "--from 198.51.100.7 --to 2001:db8::9",
            "-6 --from 198.51.100.7",
            "-4 --to 2001:db8::9",
        ] {
            let message = refused(words);
            assert!(message.contains("a packet is of one family"), "{message}");
        }
    }

    #[test]
    fn the_interface_may_be_a_scope_and_is_lo_for_loopback() {
        let interface = |words| questions(words)[0].interface.clone();
        assert_eq!(interface("--from fe80::1%eth0").as_deref(), Some("eth0"));
        assert_eq!(interface("--from 127.0.0.1").as_deref(), Some("lo"));
        assert_eq!(interface("--from 198.51.100.0/24"), None);
        assert!(refused("--from fe80::1%eth0 --iface eth1").contains("contradicts"));
    }

    #[test]
    fn a_wrong_option_is_refused_with_the_reason() {
        for (words, reason) in [
            ("--from host", "neither an address nor a network"),
            ("--from 198.51.100.7/33", "neither an address nor a network"),
            ("--from 224.0.0.1", "no client"),
            ("--from 0.0.0.0", "no client"),
            ("--to ::", "no server"),
            ("--port 0", "1..=65535"),
            ("--port ssh", "invalid"),
            ("--from-port 70000", "65535"),
            ("--iface a/b", "no interface"),
            ("--iface averyveryverylongname", "no interface"),
            ("--mac 00:11:22", "not a link-layer address"),
            ("--mac 00:11:22:33:44:+5", "not a link-layer address"),
            ("--why-not drop", "accept"),
            ("--ruleset - --ruleset -", "once"),
            ("web1", "web1"),
        ] {
            let message = refused(words);
            assert!(message.contains(reason), "{words}: {message}");
        }
    }
}
