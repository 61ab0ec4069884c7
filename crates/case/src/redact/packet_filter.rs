//! Rules of a packet filter.

use std::net::IpAddr;

use crate::{FilterRule, RuleSetSource};

use super::pseudonyms::Pseudonyms;

impl Pseudonyms {
    pub(super) fn rule_set(&mut self, read: RuleSetSource) -> RuleSetSource {
        let RuleSetSource {
            source,
            holds,
            rules,
            not_understood,
            problem,
        } = read;
        RuleSetSource {
            source: self.rule_source(&source),
            holds,
            rules,
            not_understood,
            problem: problem.map(|text| self.free_text(&text)),
        }
    }

    /// Names that people give to tables, chains and comments may hold addresses, as their rules do.
    pub(super) fn filter_rule(&mut self, rule: FilterRule) -> FilterRule {
        let FilterRule {
            source,
            table,
            chain,
            hook,
            policy,
            number,
            handle,
            line,
            text,
            comment,
            counters,
        } = rule;
        FilterRule {
            source: self.rule_source(&source),
            table: self.free_text(&table),
            chain: self.free_text(&chain),
            hook,
            policy,
            number,
            handle,
            line,
            text: self.rule_text(&text),
            comment: comment.map(|text| self.rule_text(&text)),
            counters,
        }
    }

    /// A file, or the command that printed the rules.
    fn rule_source(&mut self, source: &str) -> String {
        if source.contains(' ') && !source.contains('/') {
            self.free_text(source)
        } else {
            self.path(source)
        }
    }

    /// Free text in which addresses also stand as ranges, and link-layer addresses may stand.
    pub(super) fn rule_text(&mut self, text: &str) -> String {
        text.split_inclusive([' ', ',', '{', '}', '=', '/', '"', '!'])
            .map(|piece| {
                let word = piece.trim_end_matches([' ', ',', '{', '}', '=', '/', '"', '!']);
                let (word, end) = piece.split_at(word.len());
                self.rule_word(word) + end
            })
            .collect()
    }

    fn rule_word(&mut self, word: &str) -> String {
        if is_link_layer_address(word) {
            return self.link_layer_address(word);
        }
        if let Some((low, high)) = word.split_once('-')
            && let (Ok(low), Ok(high)) = (low.parse::<IpAddr>(), high.parse::<IpAddr>())
        {
            return format!("{}-{}", self.address(low), self.address(high));
        }
        self.free_text(word)
    }
}

fn is_link_layer_address(word: &str) -> bool {
    let mut parts = 0;
    word.split(':').all(|part| {
        parts += 1;
        part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit())
    }) && parts == 6
}
