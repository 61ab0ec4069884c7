//! Which rule decided, from the kernel's trace and the dumps.

use std::collections::BTreeMap;

use serde::Serialize;

use super::connect::Outcome;
use super::dump::Dumps;
use super::expected::Decided;
use super::listing::{Chain, Place, read_chains, saved_rules};
use super::trace::{Event, Passage, Step};

/// What the deciding rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// Lets it pass.
    Accept,
    /// Says nothing.
    Drop,
    /// Answers with an error.
    Reject,
}

/// A decision and the rules matched on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) verdict: Verdict,
    pub(super) decided: Decided,
    pub(super) trail: Vec<String>,
}

/// Finds rules again.
pub(super) struct Judge<'a> {
    chains: BTreeMap<Place, Chain>,
    dumps: &'a Dumps,
}

impl<'a> Judge<'a> {
    pub(super) fn new(dumps: &'a Dumps) -> Self {
        Self {
            chains: read_chains(dumps.text("nft.txt")),
            dumps,
        }
    }

    /// What decided about the SYN from this port, or about the answer to it.
    pub(super) fn decide(
        &self,
        passages: &[Passage],
        from_port: u16,
        outcome: Outcome,
    ) -> Option<Decision> {
        let sport = format!("tcp sport {from_port} ");
        let syn = &way_of(passages, &sport)?;
        let trail = self.trail(syn);
        if let Some((verdict, decided)) = self.denial(syn) {
            return Some(Decision {
                verdict,
                decided,
                trail,
            });
        }
        let lost = passages
            .iter()
            .filter(|passage| outcome == Outcome::Silent && !passage.packet().contains(&sport))
            .find_map(|passage| Some((passage, self.denial(passage)?)));
        if let Some((passage, (verdict, decided))) = lost {
            return Some(Decision {
                verdict,
                decided,
                trail: trail.into_iter().chain(self.trail(passage)).collect(),
            });
        }
        Some(Decision {
            verdict: Verdict::Accept,
            decided: self.admission(syn).unwrap_or_default(),
            trail,
        })
    }

    /// The rule or policy that ended the way.
    fn denial(&self, passage: &Passage) -> Option<(Verdict, Decided)> {
        let mut base = None;
        for event in &passage.events {
            match &event.step {
                Step::Enter(_) => base = Some(&event.place),
                Step::Rule { text, verdict, .. } if verdict == "drop" => {
                    let verdict = if is_reject(text) {
                        Verdict::Reject
                    } else {
                        Verdict::Drop
                    };
                    return Some((verdict, self.decided(event, base)));
                }
                Step::Policy(verdict) if verdict == "drop" => {
                    return Some((Verdict::Drop, self.decided(event, base)));
                }
                _ => {}
            }
        }
        None
    }

    /// The last rule that let it in, or else the last policy, at the hooks where a host protects itself or another.
    fn admission(&self, passage: &Passage) -> Option<Decided> {
        let (mut base, mut by_rule, mut by_policy) = (None, None, None);
        for event in &passage.events {
            match &event.step {
                Step::Enter(_) => base = Some(&event.place),
                _ if !self.protects(base) => {}
                Step::Rule { verdict, .. } if verdict == "accept" => {
                    by_rule = Some(self.decided(event, base));
                }
                Step::Policy(_) => by_policy = Some(self.decided(event, base)),
                Step::Rule { .. } => {}
            }
        }
        by_rule.or(by_policy)
    }

    fn protects(&self, base: Option<&Place>) -> bool {
        let chain = base.and_then(|place| self.chains.get(place));
        chain.is_some_and(|chain| {
            chain.kind.as_deref() == Some("filter")
                && matches!(chain.hook.as_deref(), Some("input" | "forward"))
        })
    }

    fn decided(&self, event: &Event, base: Option<&Place>) -> Decided {
        let (family, table, chain) = event.place.clone();
        let hook = base
            .and_then(|place| self.chains.get(place))
            .and_then(|chain| chain.hook.clone());
        let (source, handle, rule) = match &event.step {
            Step::Rule { handle, text, .. } => {
                let (source, rule) = handle
                    .and_then(|handle| self.rule(&event.place, handle))
                    .unwrap_or_else(|| ("nft".into(), text.clone()));
                (source, *handle, rule)
            }
            Step::Policy(verdict) => (
                self.save_of(&event.place)
                    .map_or("nft", |(_, source)| source)
                    .to_owned(),
                None,
                format!("policy {verdict}"),
            ),
            Step::Enter(_) => ("nft".into(), None, String::new()),
        };
        Decided {
            hook,
            source: Some(source),
            family: Some(family),
            table: Some(table),
            chain: Some(chain),
            handle,
            rule: Some(rule),
        }
    }

    /// The save format and its name, when it holds this very chain: all its rules and no other.
    fn save_of(&self, place: &Place) -> Option<(Vec<&str>, &'static str)> {
        let (family, table, chain) = place;
        let source = match family.as_str() {
            "ip" => "iptables",
            "ip6" => "ip6tables",
            _ => return None,
        };
        let save = self.dumps.text(&format!("{source}-save"));
        let header = format!(":{chain} ");
        let has_chain = save.lines().any(|line| line.starts_with(&header));
        let rules = saved_rules(save, table, chain);
        let listed = self.chains.get(place)?;
        (has_chain && rules.len() == listed.rules.len()).then_some((rules, source))
    }

    /// Which source prints the rule with this handle best, and what it prints.
    fn rule(&self, place: &Place, handle: u64) -> Option<(String, String)> {
        let chain = self.chains.get(place)?;
        let at = chain.rules.iter().position(|(own, _)| *own == handle)?;
        let text = &chain.rules[at].1;
        // iptables-nft counts at every rule. A rule of someone else is misprinted, or not at all, by the save format.
        let saved = self
            .save_of(place)
            .filter(|_| text.contains("counter packets"));
        match saved {
            Some((rules, source)) => Some((source.to_owned(), (*rules.get(at)?).to_owned())),
            None => Some(("nft".to_owned(), text.clone())),
        }
    }

    /// Every rule that matched: family, table, chain, handle and verdict.
    fn trail(&self, passage: &Passage) -> Vec<String> {
        passage
            .events
            .iter()
            .filter(|event| self.chains.contains_key(&event.place))
            .filter_map(|event| {
                let (family, table, chain) = &event.place;
                match &event.step {
                    Step::Enter(_) => None,
                    Step::Rule {
                        handle, verdict, ..
                    } => {
                        let handle = handle.map_or("?".to_owned(), |handle| handle.to_string());
                        Some(format!("{family} {table} {chain} {handle} {verdict}"))
                    }
                    Step::Policy(verdict) => {
                        Some(format!("{family} {table} {chain} policy {verdict}"))
                    }
                }
            })
            .collect()
    }
}

/// The way of the first packet that looks like this. What a host sends to itself has one trace out and another one in.
fn way_of(passages: &[Passage], looks: &str) -> Option<Passage> {
    let first = |side: &str| {
        passages.iter().find(|passage| {
            let packet = passage.packet();
            packet.contains(looks) && packet.starts_with(side)
        })
    };
    let parts: Vec<&Passage> = ["oif ", "iif "].into_iter().filter_map(first).collect();
    let events = parts.iter().flat_map(|part| part.events.clone()).collect();
    (!parts.is_empty()).then(|| Passage {
        events,
        ..Passage::default()
    })
}

/// Outside of quoted text there is the statement `reject`.
fn is_reject(rule: &str) -> bool {
    rule.split('"').step_by(2).any(|plain| {
        plain
            .split_whitespace()
            .any(|word| word.eq_ignore_ascii_case("reject"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_prefix_is_no_reject() {
        assert!(is_reject("tcp dport 22 reject with tcp reset"));
        assert!(is_reject("counter packets 0 bytes 0 xt target REJECT"));
        assert!(!is_reject("log prefix \"[ reject ] \" drop"));
    }
}
