//! Which rule of a legacy table decided: traces do not show them, their counters do.

use super::expected::Decided;

/// A rule or a policy with its packet counter.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    table: String,
    chain: String,
    packets: u64,
    rule: String,
    target: String,
}

/// Reads `iptables-legacy-save -c`.
fn read(save: &str) -> Vec<Counted> {
    let mut table = String::new();
    let mut all = Vec::new();
    for line in save.lines() {
        if let Some(name) = line.strip_prefix('*') {
            name.clone_into(&mut table);
        } else if let Some(chain) = line.strip_prefix(':') {
            let fields: Vec<&str> = chain.split_whitespace().collect();
            if let [chain, policy, counters] = fields.as_slice() {
                all.push(Counted {
                    table: table.clone(),
                    chain: (*chain).to_owned(),
                    packets: packets(counters),
                    rule: format!("policy {}", policy.to_lowercase()),
                    target: (*policy).to_owned(),
                });
            }
        } else if let Some((counters, rule)) = line.split_once(" -A ") {
            let words: Vec<&str> = rule.split_whitespace().collect();
            let target = words.iter().position(|word| matches!(*word, "-j" | "-g"));
            all.push(Counted {
                table: table.clone(),
                chain: words.first().map_or("", |word| word).to_owned(),
                packets: packets(counters),
                rule: format!("-A {rule}"),
                target: target
                    .and_then(|at| words.get(at + 1))
                    .map_or("", |word| word)
                    .to_owned(),
            });
        }
    }
    all
}

fn packets(counters: &str) -> u64 {
    counters
        .trim_matches(['[', ']'])
        .split(':')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// The last rule or policy of the filter table with one of these targets that counted a new SYN.
pub(super) fn deciding(
    before: &str,
    after: &str,
    targets: &[&str],
    source: &str,
) -> Option<Decided> {
    let (before, after) = (read(before), read(after));
    if before.len() != after.len() {
        return None;
    }
    let mut counted = before.iter().zip(&after).filter(|(before, after)| {
        after.packets > before.packets
            && targets.contains(&after.target.as_str())
            && !after.rule.contains("ESTABLISHED")
            && matches!(after.table.as_str(), "filter" | "raw" | "mangle")
            && !matches!(after.chain.as_str(), "OUTPUT" | "POSTROUTING")
    });
    // Policies are listed before the rules; a rule that accepted is more than the policy of an earlier table.
    let (_, last) = counted.next_back()?;
    let hook = match last.chain.as_str() {
        "INPUT" => Some("input"),
        "FORWARD" => Some("forward"),
        "PREROUTING" => Some("prerouting"),
        _ => None,
    };
    Some(Decided {
        hook: hook.map(str::to_owned),
        source: Some(source.to_owned()),
        family: None,
        table: Some(last.table.clone()),
        chain: Some(last.chain.clone()),
        handle: None,
        rule: Some(last.rule.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_that_counted_decides() {
        let before = "*filter\n:INPUT DROP [0:0]\n[3:180] -A INPUT -p tcp -m tcp --dport 22 -j DROP\n[0:0] -A INPUT -j ACCEPT\nCOMMIT\n";
        let after = before.replace("[3:180]", "[4:240]");
        let decided = deciding(before, &after, &["DROP", "REJECT"], "iptables-legacy");
        let rule = decided.and_then(|decided| decided.rule);
        assert_eq!(
            rule.as_deref(),
            Some("-A INPUT -p tcp -m tcp --dport 22 -j DROP")
        );
        assert_eq!(deciding(before, before, &["DROP"], "iptables-legacy"), None);
    }
}
