//! The rules of a host's packet filter as the tools print them, to see that nobody changed them.

use std::process::Stdio;

use crate::error::{Doing, LabError};
use crate::namespace::{Host, find_tool};
use crate::system::Identity;

/// All rules of the host's packet filter, as the tools print them. Counters are left out: the client's packets move them.
pub(crate) fn rule_sets(server: &Host) -> Result<Vec<(String, String)>, LabError> {
    let tools: [(&'static str, &'static str, &[&str]); 6] = [
        ("nft", "nftables", &["-s", "list", "ruleset"]),
        ("iptables-save", "iptables", &[]),
        ("ip6tables-save", "iptables", &[]),
        ("iptables-legacy-save", "iptables", &[]),
        ("ip6tables-legacy-save", "iptables", &[]),
        ("ipset", "ipset", &["save"]),
    ];
    let mut told = Vec::new();
    for (tool, package, arguments) in tools {
        let output = server
            .command(&find_tool(tool, package)?, Identity::Root)?
            .args(arguments)
            .stdout(Stdio::piped())
            .output()
            .doing(format!("run {tool}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        told.push((format!("{tool} says"), without_counters(&text)));
    }
    Ok(told)
}

/// Comments of iptables-save hold the time, `[packets:bytes]` and `expires` count.
fn without_counters(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let line = line.split_once(" [").map_or(line, |(before, _)| before);
            line.split(' ')
                .scan(false, |skip, word| {
                    let counted = std::mem::replace(
                        skip,
                        matches!(word, "expires" | "timeout" | "packets" | "bytes"),
                    );
                    Some(if counted { "" } else { word })
                })
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_rules_with_other_counters_and_ages_read_the_same() {
        let saved = |packets, seconds| {
            format!(
                "# Generated at {seconds}\n:INPUT DROP [{packets}:{packets}]\n\
                 elements = {{ 192.0.2.1 timeout 1h expires {seconds}s }}\n\
                 counter packets {packets} bytes 7 drop\n"
            )
        };
        assert_eq!(
            without_counters(&saved(1, 2)),
            without_counters(&saved(3, 4))
        );
        assert_ne!(
            without_counters(&saved(1, 2)),
            without_counters(&saved(1, 2).replace("192.0.2.1", "192.0.2.2"))
        );
    }
}
