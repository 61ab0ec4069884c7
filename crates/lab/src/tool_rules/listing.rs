//! What `nft -a list ruleset` and the save formats say of chains, as far as needed to find a rule again.

use std::collections::BTreeMap;

/// Family, table and chain.
pub(super) type Place = (String, String, String);

/// A chain of `nft -a list ruleset`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    /// Its hook, when it is a base chain.
    pub(super) hook: Option<String>,
    /// `filter`, `nat` or `route`, when it is a base chain.
    pub(super) kind: Option<String>,
    /// Handle and text of each rule.
    pub(super) rules: Vec<(u64, String)>,
}

/// Reads chains, by place.
pub(super) fn read_chains(text: &str) -> BTreeMap<Place, Chain> {
    let mut chains = BTreeMap::new();
    let mut table: Option<(String, String)> = None;
    let mut current: Option<Place> = None;
    for line in text.lines().map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["table", family, name, "{", ..] => {
                table = Some(((*family).to_owned(), (*name).to_owned()));
                current = None;
            }
            ["chain", name, "{", ..] => {
                if let Some((family, table)) = &table {
                    let place = (family.clone(), table.clone(), (*name).to_owned());
                    chains.insert(place.clone(), Chain::default());
                    current = Some(place);
                }
            }
            ["}"] => current = None,
            ["type", kind, "hook", hook, ..] => {
                if let Some(chain) = current.as_ref().and_then(|place| chains.get_mut(place)) {
                    chain.kind = Some((*kind).to_owned());
                    chain.hook = Some((*hook).to_owned());
                }
            }
            _ => {
                let Some((rule, handle)) = line.rsplit_once(" # handle ") else {
                    continue;
                };
                let chain = current.as_ref().and_then(|place| chains.get_mut(place));
                if let (Some(chain), Ok(handle)) = (chain, handle.parse()) {
                    chain.rules.push((handle, rule.to_owned()));
                }
            }
        }
    }
    chains
}

/// The rules of one chain in `iptables-save`'s format, without counters.
pub(super) fn saved_rules<'a>(save: &'a str, table: &str, chain: &str) -> Vec<&'a str> {
    let mut inside = false;
    let start = format!("-A {chain} ");
    let mut rules = Vec::new();
    for line in save.lines() {
        if let Some(name) = line.strip_prefix('*') {
            inside = name == table;
        } else if inside && line.starts_with(&start) {
            rules.push(line);
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_by_its_handle_and_a_set_is_no_chain() {
        let text = "table ip filter { # handle 1\n\tset s { # handle 9\n\t\ttype ipv4_addr\n\t}\n\
                    \tchain INPUT { # handle 2\n\t\ttype filter hook input priority filter; policy drop;\n\
                    \t\ttcp dport 22 accept # handle 7\n\t}\n}\n";
        let chains = read_chains(text);
        assert_eq!(chains.len(), 1);
        let place = ("ip", "filter", "INPUT");
        let chain = &chains[&(place.0.into(), place.1.into(), place.2.into())];
        assert_eq!(chain.hook.as_deref(), Some("input"));
        assert_eq!(chain.rules, [(7, "tcp dport 22 accept".to_owned())]);
    }

    #[test]
    fn saved_rules_are_those_of_the_table() {
        let save = "*nat\n-A INPUT -j A\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -j B\n-A INPUT2 -j C\nCOMMIT\n";
        assert_eq!(saved_rules(save, "filter", "INPUT"), ["-A INPUT -j B"]);
    }
}
