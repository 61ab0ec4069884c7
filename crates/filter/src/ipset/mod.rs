//! Reads `ipset save`.

mod element;
mod set_type;

use std::collections::HashMap;
use std::io::BufRead;

use crate::lines::Lines;
use crate::model::{Contents, Element, Elements, RuleSet, Set, Source, SourceKind};
use crate::{Interest, ReadError};

use element::Line;
use set_type::SetType;

/// A set of more elements keeps only those that packets of interest can meet.
const KEPT_WHOLE: usize = 1024;

/// How many elements beyond one for each line ranges may become; `ipset save` prints none in sets of networks.
const MOST_FROM_RANGES: usize = 1 << 16;

/// Reads one dump and adds its sets to `into`; keeps the elements that packets of `interest` can meet.
///
/// # Errors
/// When reading fails or the text is not what ipset prints.
pub fn read(
    name: &str,
    input: impl BufRead,
    interest: &Interest,
    into: &mut RuleSet,
) -> Result<(), ReadError> {
    let mut reader = Reader {
        interest,
        sets: Vec::new(),
        by_name: HashMap::new(),
        from_ranges_left: MOST_FROM_RANGES,
    };
    let mut lines = Lines::new(name, SourceKind::Ipset, input);
    while let Some((line, number)) = lines.next()? {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with('#') || line == "COMMIT" || line == "quit" {
            continue;
        }
        if !reader.line(&Line::of(line)) {
            return Err(ReadError::Malformed {
                name: name.to_owned(),
                kind: SourceKind::Ipset,
                line: number.into(),
                what: format!("\"{}\"", line.chars().take(80).collect::<String>()),
            });
        }
    }
    into.sources.push(Source {
        name: name.to_owned(),
        kind: SourceKind::Ipset,
        rules: 0,
        not_understood: 0,
    });
    reader.finish(into);
    Ok(())
}

/// A set of which more lines may come.
struct OpenSet {
    name: Box<str>,
    set_type: SetType,
    elements: Vec<Element>,
    members: Vec<Box<str>>,
    read: u64,
    not_understood: u64,
    left_out: bool,
    unreadable: Option<Box<str>>,
}

struct Reader<'a> {
    interest: &'a Interest,
    sets: Vec<OpenSet>,
    by_name: HashMap<Box<str>, usize>,
    from_ranges_left: usize,
}

impl Reader<'_> {
    /// False when this is nothing that ipset prints or takes.
    fn line(&mut self, line: &Line<'_>) -> bool {
        let mut words = line
            .words
            .iter()
            .copied()
            .filter(|word| !matches!(*word, "-exist" | "-!"));
        let (command, name) = (words.next(), words.next());
        let rest: Vec<&str> = words.collect();
        match (command, name) {
            (Some("create" | "-N" | "n"), Some(name)) => {
                let Some((type_name, options)) = rest.split_first() else {
                    return false;
                };
                let set_type = SetType::of(type_name, options);
                self.create(name, set_type);
            }
            (Some("add" | "-A"), Some(name)) => {
                let Some((element, options)) = rest.split_first() else {
                    return false;
                };
                let interest = self.interest;
                let spare = self.from_ranges_left;
                let spent = self
                    .set(name)
                    .add(element, options, line.comment, interest, spare);
                self.from_ranges_left = spare.saturating_sub(spent);
            }
            (Some("flush" | "-F"), name) => {
                for set in &mut self.sets {
                    if name.is_none_or(|name| *set.name == *name) {
                        set.clear();
                    }
                }
            }
            (
                Some("del" | "-D" | "swap" | "-W" | "rename" | "-E" | "destroy" | "-X" | "x"),
                name,
            ) => {
                // The dump is a script here: what such commands leave is not followed.
                for name in name.into_iter().chain(rest) {
                    if let Some(index) = self.by_name.get(name)
                        && let Some(set) = self.sets.get_mut(*index)
                    {
                        set.unreadable = Some("a later command changes it".into());
                    }
                }
            }
            _ => return false,
        }
        true
    }

    fn create(&mut self, name: &str, set_type: SetType) -> usize {
        self.by_name.insert(name.into(), self.sets.len());
        self.sets.push(OpenSet {
            name: name.into(),
            unreadable: set_type.unreadable.clone(),
            set_type,
            elements: Vec::new(),
            members: Vec::new(),
            read: 0,
            not_understood: 0,
            left_out: false,
        });
        self.sets.len() - 1
    }

    fn set(&mut self, name: &str) -> &mut OpenSet {
        let index = match self.by_name.get(name) {
            Some(index) => *index,
            None => self.create(name, SetType::not_listed()),
        };
        &mut self.sets[index]
    }

    fn finish(self, into: &mut RuleSet) {
        let first = into.ipsets.len();
        let mut missing: HashMap<Box<str>, u32> = HashMap::new();
        let mut next = first + self.sets.len();
        let index = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let mut sets = Vec::with_capacity(self.sets.len());
        for set in self.sets {
            let members = set
                .members
                .iter()
                .map(|member| {
                    if let Some(known) = self.by_name.get(member) {
                        return index(first + known);
                    }
                    *missing.entry(member.clone()).or_insert_with(|| {
                        next += 1;
                        index(next - 1)
                    })
                })
                .collect();
            sets.push(set.finish(members, self.interest));
        }
        into.ipsets.extend(sets);
        let mut missing: Vec<(u32, Box<str>)> = missing
            .into_iter()
            .map(|(name, index)| (index, name))
            .collect();
        missing.sort_unstable();
        into.ipsets.extend(missing.into_iter().map(|(_, name)| Set {
            name: Some(name),
            handle: None,
            components: Box::new([]),
            dynamic: false,
            contents: Contents::Unreadable {
                reason: "a list names it, and it was not listed".into(),
            },
            comment: None,
        }));
    }
}

impl OpenSet {
    /// Adds what one line says; tells how many elements it became beyond the first, of which at most `spare` may be.
    fn add(
        &mut self,
        element: &str,
        options: &[&str],
        comment: Option<&str>,
        interest: &Interest,
        spare: usize,
    ) -> usize {
        self.read += 1;
        if self.set_type.is_list {
            self.members.push(element.into());
            return 0;
        }
        if self.unreadable.is_some() {
            return 0;
        }
        let elements = element::read(&self.set_type, element, options, comment)
            .filter(|elements| elements.len() <= spare.saturating_add(1));
        let Some(elements) = elements else {
            self.not_understood += 1;
            return 0;
        };
        let spent = elements.len().saturating_sub(1);
        for element in elements {
            if self.elements.len() == KEPT_WHOLE && !self.left_out {
                let before = self.elements.len();
                let components = &self.set_type.components;
                self.elements
                    .retain(|element| interest.keeps_element(components, &element.key));
                self.left_out = self.elements.len() < before;
            }
            let large = self.left_out || self.elements.len() >= KEPT_WHOLE;
            if large && !interest.keeps_element(&self.set_type.components, &element.key) {
                self.left_out = true;
            } else {
                self.elements.push(element);
            }
        }
        spent
    }

    fn clear(&mut self) {
        self.elements.clear();
        self.members.clear();
        self.read = 0;
        self.not_understood = 0;
        self.left_out = false;
        self.unreadable = self.set_type.unreadable.clone();
    }

    fn finish(self, members: Vec<u32>, interest: &Interest) -> Set {
        let contents = if let Some(reason) = self.unreadable {
            Contents::Unreadable { reason }
        } else if self.set_type.is_list {
            Contents::Members(members)
        } else {
            Contents::Elements {
                elements: Elements::new(self.elements),
                read: self.read,
                not_understood: self.not_understood,
                kept_for: self.left_out.then(|| interest.kept_for()),
            }
        };
        Set {
            name: Some(self.name),
            handle: None,
            components: self.set_type.components,
            dynamic: self.set_type.with_timeout,
            contents,
            comment: None,
        }
    }
}
