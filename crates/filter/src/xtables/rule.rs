//! One rule of iptables-save: its options, and what they mean.

use crate::evaluate::Version;
use crate::model::{Counters, Statement};

use super::conditions::undecidable;
use super::header::{self, Header};
use super::matches;
use super::options::{Context, Given, Use};
use super::targets;
use super::values::{number, protocol};
use super::words::{Cursor, Word};

/// Where a rule goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// At the end.
    Last,
    /// Before the rule of this number, from 1.
    Before(u32),
}

/// What comes after a jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Jump<'line> {
    /// The name of the chain or target.
    pub(super) name: &'line str,
    /// `-g`.
    pub(super) goto: bool,
}

/// The options of one rule, sorted by whose they are.
#[derive(Default)]
pub(super) struct Parts<'line> {
    /// The chain.
    pub(super) chain: &'line str,
    /// Where in the chain.
    pub(super) placement: Option<Placement>,
    /// The other family is meant (`-4`, `-6`): the rule does not exist in this one.
    pub(super) only: Option<Version>,
    /// Counters.
    pub(super) counters: Option<Counters>,
    /// What is looked at before any match.
    header: Vec<(Header, &'line str, bool)>,
    /// Matches in order.
    matches: Vec<Use<'line>>,
    /// Where it jumps.
    pub(super) jump: Option<Jump<'line>>,
    /// Options of the target.
    target: Option<Use<'line>>,
    /// Options followed a target that is not known.
    unknown_target_options: bool,
    /// What was not understood.
    unclear: Vec<String>,
}

impl<'line> Parts<'line> {
    /// Sorts the words of a line, counters in brackets already taken off.
    pub(super) fn sort(words: &'line [Word<'line>]) -> Self {
        let mut parts = Self::default();
        let mut cursor = Cursor::new(words);
        while let Some(word) = cursor.take() {
            let mut word = word;
            let mut negated = false;
            while !word.quoted && word.text == "!" {
                negated = !negated;
                match cursor.take() {
                    Some(next) => word = next,
                    None => {
                        parts
                            .unclear
                            .push("an exclamation mark at the end".to_owned());
                        return parts;
                    }
                }
            }
            if word.quoted {
                parts.not_known(&word.text);
                continue;
            }
            parts.option(&word.text, negated, &mut cursor);
        }
        parts
    }

    fn not_known(&mut self, word: &str) {
        self.unclear.push(format!("\"{word}\" is not understood"));
    }

    fn option(&mut self, word: &'line str, negated: bool, cursor: &mut Cursor<'line>) {
        let header = match word {
            "-s" | "--source" | "--src" => Some(Header::Source),
            "-d" | "--destination" | "--dst" => Some(Header::Destination),
            "-i" | "--in-interface" => Some(Header::Input),
            "-o" | "--out-interface" => Some(Header::Output),
            "-p" | "--protocol" | "--proto" => Some(Header::Protocol),
            "-f" | "--fragment" => {
                self.header.push((Header::Fragment, "", negated));
                return;
            }
            _ => None,
        };
        if let Some(header) = header {
            let (value, inverted) = cursor.value();
            match value {
                Some(value) => self.header.push((header, value, negated != inverted)),
                None => self.not_known(word),
            }
            return;
        }
        match word {
            "-A" | "--append" => self.place(cursor, Placement::Last),
            "-I" | "--insert" => self.insert(cursor),
            "-m" | "--match" => self.load(cursor),
            "-j" | "--jump" => self.jump(cursor, false),
            "-g" | "--goto" => self.jump(cursor, true),
            "-c" | "--set-counters" => self.count(cursor),
            "-4" | "--ipv4" => self.only = Some(Version::V4),
            "-6" | "--ipv6" => self.only = Some(Version::V6),
            "-t" | "--table" => {
                cursor.take();
            }
            "-w" | "-n" | "-v" | "--wait" | "--numeric" | "--verbose" => {}
            _ => match word.strip_prefix("--") {
                Some(name) => self.module_option(name, negated, cursor),
                None => self.not_known(word),
            },
        }
    }

    fn place(&mut self, cursor: &mut Cursor<'line>, placement: Placement) {
        match cursor.take() {
            Some(word) => {
                self.chain = &word.text;
                self.placement = Some(placement);
            }
            None => self.unclear.push("no chain".to_owned()),
        }
    }

    fn insert(&mut self, cursor: &mut Cursor<'line>) {
        self.place(cursor, Placement::Before(1));
        if let Some(word) = cursor.peek()
            && let Ok(position) = word.text.parse()
        {
            self.placement = Some(Placement::Before(position));
            cursor.take();
        }
    }

    fn count(&mut self, cursor: &mut Cursor<'line>) {
        let mut next = || cursor.take().and_then(|word| word.text.parse().ok());
        match (next(), next()) {
            (Some(packets), Some(bytes)) => self.counters = Some(Counters { packets, bytes }),
            _ => self.unclear.push("the counters are not numbers".to_owned()),
        }
    }

    fn load(&mut self, cursor: &mut Cursor<'line>) {
        let Some(word) = cursor.take() else {
            self.not_known("-m");
            return;
        };
        let module = matches::find(&word.text);
        if module.is_none() {
            self.unclear
                .push(format!("the match \"{}\" is not known", word.text));
        }
        self.matches.push(Use {
            module,
            name: &word.text,
            given: Vec::new(),
        });
    }

    fn jump(&mut self, cursor: &mut Cursor<'line>, goto: bool) {
        let Some(word) = cursor.take() else {
            self.not_known(if goto { "-g" } else { "-j" });
            return;
        };
        self.jump = Some(Jump {
            name: &word.text,
            goto,
        });
        self.target = Some(Use {
            module: if goto {
                None
            } else {
                targets::find(&word.text)
            },
            name: &word.text,
            given: Vec::new(),
        });
    }

    /// An option belongs to the last module before it that has it, else to the match that `-p` implies.
    fn module_option(&mut self, word: &'line str, negated: bool, cursor: &mut Cursor<'line>) {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if self.owner_of(name).is_none()
            && let Some(implied) = self.implied()
        {
            self.matches.push(implied);
        }
        let Some(owner) = self.owner_of(name) else {
            self.swallow(name, cursor);
            return;
        };
        let owner = match owner {
            Owner::Target => self.target.as_mut(),
            Owner::Match(index) => self.matches.get_mut(index),
        };
        let Some(kind) = owner.as_ref().and_then(|owner| owner.module?.option(name)) else {
            return;
        };
        let inverted = kind.values > 0 && attached.is_none() && cursor.skip_negation();
        let mut values = ["", ""];
        let mut missing = false;
        for (index, value) in values.iter_mut().take(kind.values.into()).enumerate() {
            match (index, attached) {
                (0, Some(attached)) => *value = attached,
                _ => match cursor.take() {
                    Some(word) => *value = &word.text,
                    None => missing = true,
                },
            }
        }
        if let Some(owner) = owner {
            owner.given.push(Given {
                name: kind.means,
                negated: negated != inverted,
                value: values[0],
                second: values[1],
            });
        }
        if missing {
            self.unclear.push(format!("--{name} lacks its value"));
        }
    }

    fn owner_of(&self, name: &str) -> Option<Owner> {
        let has = |used: &Use<'_>| {
            used.module
                .is_some_and(|module| module.option(name).is_some())
        };
        if self.target.as_ref().is_some_and(has) {
            return Some(Owner::Target);
        }
        self.matches.iter().rposition(has).map(Owner::Match)
    }

    /// `-p tcp --dport 22` loads the match `tcp` by itself.
    fn implied(&self) -> Option<Use<'line>> {
        let (_, name, _) = self
            .header
            .iter()
            .rfind(|(header, _, negated)| *header == Header::Protocol && !negated)?;
        let name = match protocol(name).ok().flatten()? {
            1 => "icmp",
            6 => "tcp",
            17 => "udp",
            33 => "dccp",
            50 => "esp",
            51 => "ah",
            58 => "icmp6",
            132 => "sctp",
            135 => "mh",
            136 => "udplite",
            _ => return None,
        };
        if self.matches.iter().any(|used| used.name == name) {
            return None;
        }
        Some(Use {
            module: matches::find(name),
            name,
            given: Vec::new(),
        })
    }

    /// The option of a module whose options are not known, or do not matter: its values end where the next option begins.
    fn swallow(&mut self, name: &str, cursor: &mut Cursor<'line>) {
        let takes_any = |used: &Use<'_>| used.module.is_none_or(|module| module.loose);
        let expected = self.matches.iter().any(takes_any)
            || self
                .target
                .as_ref()
                .is_some_and(|used| takes_any(used) && !is_verdict(used.name));
        if !expected {
            self.unclear
                .push(format!("the option --{name} is not known"));
        }
        self.unknown_target_options |= self
            .target
            .as_ref()
            .is_some_and(|used| used.module.is_none() && !is_verdict(used.name));
        while cursor.peek().is_some_and(|word| !word.begins_option()) {
            cursor.take();
        }
    }

    /// Comments of all its `comment` matches.
    pub(super) fn comment(&self) -> Option<Box<str>> {
        let mut texts = self
            .matches
            .iter()
            .filter_map(|used| Some(used.get("comment")?.value));
        let first = texts.next()?;
        let rest: Vec<&str> = texts.collect();
        if rest.is_empty() {
            return Some(first.into());
        }
        Some(format!("{first} {}", rest.join(" ")).into())
    }

    /// Whether what is jumped to has options: then it is a target, and no chain.
    pub(super) fn target_has_options(&self) -> bool {
        self.unknown_target_options
    }

    /// What the rule does, but for a jump to a chain; and what was not understood.
    pub(super) fn statements(mut self, context: &Context<'_>) -> (Vec<Statement>, Vec<String>) {
        let mut statements = Vec::with_capacity(self.header.len() + self.matches.len() + 1);
        for (header, value, negated) in std::mem::take(&mut self.header) {
            match header::condition(header, value, negated, context) {
                Ok(condition) => statements.extend(condition.map(Statement::Condition)),
                Err(unclear) => self.unclear.push(unclear),
            }
        }
        for used in &self.matches {
            let Some(module) = used.module else {
                continue;
            };
            match (module.read)(used, context) {
                Ok(read) => statements.extend(read),
                Err(unclear) => self.unclear.push(unclear),
            }
        }
        statements.extend(
            self.unclear
                .iter()
                .map(|unclear| Statement::Condition(undecidable(unclear.as_str()))),
        );
        if let Some(target) = &self.target
            && let Some(module) = target.module
        {
            match (module.read)(target, context) {
                Ok(read) => statements.extend(read),
                Err(unclear) => {
                    statements.push(Statement::NotUnderstood {
                        reason: unclear.as_str().into(),
                    });
                    self.unclear.push(unclear);
                }
            }
        } else if self.target.is_none() {
            statements.push(if self.unclear.is_empty() {
                Statement::Remark("counts only".into())
            } else {
                // What was not understood may have been its target.
                Statement::NotUnderstood {
                    reason: self.unclear.join("; ").into(),
                }
            });
        }
        (statements, self.unclear)
    }
}

enum Owner {
    Target,
    Match(usize),
}

/// Targets that are verdicts (`iptables(8)`, "TARGETS").
pub(super) fn is_verdict(name: &str) -> bool {
    matches!(name, "ACCEPT" | "DROP" | "RETURN")
}

/// Takes `[packets:bytes]` off the beginning of a line.
pub(super) fn leading_counters(line: &str) -> (Option<Counters>, &str) {
    let Some((counters, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']'))
    else {
        return (None, line);
    };
    (counters_of(counters), rest.trim_ascii_start())
}

/// `packets:bytes`.
pub(super) fn counters_of(text: &str) -> Option<Counters> {
    let (packets, bytes) = text.split_once(':')?;
    Some(Counters {
        packets: number(packets).ok()?,
        bytes: number(bytes).ok()?,
    })
}
