//! Whether a key is in a set, and what a map holds for it.

use super::fields::{Presence, Reading};
use super::scene::{DEEPEST_LIST, Scene};
use super::{Possible, Truth};
use crate::model::{
    Component, Contents, Element, Expression, MappedValue, Set, SetReference, Verdict,
};

/// What a verdict map may say.
pub(super) struct MappedVerdicts {
    /// Every verdict that an element may give; `None` where it was not understood.
    pub(super) verdicts: Vec<Option<Verdict>>,
    /// Whether some element is sure to match.
    pub(super) found: Truth,
}

/// An element that may hold the key.
struct Hit<'a> {
    element: &'a Element,
    certain: bool,
}

impl Scene<'_> {
    /// Whether a key is an element.
    pub(super) fn is_element(
        &mut self,
        key: &[Expression],
        reference: &SetReference,
        absent_is_no_element: bool,
    ) -> (Truth, Presence) {
        let readings: Vec<Reading> = key.iter().map(|part| self.compute(part)).collect();
        let presence = weakest(&readings);
        if presence == Presence::Absent {
            let presence = if absent_is_no_element {
                Presence::Here
            } else {
                Presence::Absent
            };
            return (Truth::False, presence);
        }
        let Some((set, changed)) = self.set(reference) else {
            self.because(missing(reference));
            return (Truth::Unknown, presence);
        };
        let values: Vec<Possible> = readings.iter().map(|reading| reading.value).collect();
        let truth = self.holds(set, &values, DEEPEST_LIST);
        if truth == Truth::Unknown {
            for (part, reading) in key.iter().zip(&readings) {
                if reading.value.exact().is_none() {
                    self.explain(part, *reading);
                }
            }
        }
        if changed {
            self.because(format!("depends on what {} holds by then", name_of(set)));
            return (Truth::Unknown, presence);
        }
        (truth, presence)
    }

    fn holds(&mut self, set: &Set, key: &[Possible], deepest: u32) -> Truth {
        match &set.contents {
            Contents::Unreadable { reason } => {
                self.because(format!("{}: {reason}", name_of(set)));
                Truth::Unknown
            }
            Contents::Members(members) => {
                let Some(deeper) = deepest.checked_sub(1) else {
                    self.because(format!("{} holds itself", name_of(set)));
                    return Truth::Unknown;
                };
                let rule_set = self.rule_set;
                members.iter().fold(Truth::False, |truth, member| {
                    if truth == Truth::True {
                        return truth;
                    }
                    truth.or(match rule_set.ipsets.get(*member as usize) {
                        Some(member) => self.holds(member, key, deeper),
                        None => Truth::Unknown,
                    })
                })
            }
            Contents::Elements { .. } => {
                let hits = nearest(set, key, hits(set, key));
                let truth = verdict_of(&set.components, &hits);
                // What was left out may be an exception as well.
                let is_open = match truth {
                    Truth::True => self.is_beyond_what_was_kept(set, key),
                    Truth::False => self.may_hold_more(set, key),
                    Truth::Unknown => false,
                };
                if is_open { Truth::Unknown } else { truth }
            }
        }
    }

    /// Whether elements that were not kept or not understood may hold the key.
    fn may_hold_more(&mut self, set: &Set, key: &[Possible]) -> bool {
        if let Contents::Elements { not_understood, .. } = &set.contents
            && *not_understood > 0
        {
            self.because(format!(
                "{} has elements that were not understood",
                name_of(set)
            ));
            return true;
        }
        self.is_beyond_what_was_kept(set, key)
    }

    fn is_beyond_what_was_kept(&mut self, set: &Set, key: &[Possible]) -> bool {
        let Contents::Elements {
            kept_for: Some(kept_for),
            ..
        } = &set.contents
        else {
            return false;
        };
        let beyond = set.components.iter().zip(key).any(|(component, value)| {
            matches!(component, Component::Ip4Address | Component::Ip6Address)
                && !kept_for.iter().any(|range| range.covers(value.range()))
        });
        if beyond {
            self.because(format!(
                "{} is large and was kept only for addresses that are known",
                name_of(set)
            ));
        }
        beyond
    }

    /// What a data map yields.
    pub(super) fn mapped(
        &mut self,
        key: &[Expression],
        reference: &SetReference,
        component: usize,
    ) -> Reading {
        let readings: Vec<Reading> = key.iter().map(|part| self.compute(part)).collect();
        let presence = weakest(&readings);
        if presence == Presence::Absent {
            return Reading::ABSENT;
        }
        let Some((set, changed)) = self.set(reference) else {
            self.because(missing(reference));
            return Reading::NOTHING;
        };
        let values: Vec<Possible> = readings.iter().map(|reading| reading.value).collect();
        if changed || self.may_hold_more(set, &values) {
            return Reading::NOTHING;
        }
        let hits = hits(set, &values);
        let found = hits.iter().any(|hit| hit.certain);
        let mut value: Option<Possible> = None;
        for hit in &hits {
            let own = match &hit.element.value {
                Some(MappedValue::Data(data)) => match data.get(component) {
                    Some(range) => Possible::within(*range),
                    None => return Reading::NOTHING,
                },
                _ => return Reading::NOTHING,
            };
            value = Some(value.map_or(own, |value| value.or(own)));
        }
        match value {
            None => Reading::ABSENT,
            Some(value) => Reading {
                value,
                presence: if found { presence } else { Presence::Maybe },
            },
        }
    }

    /// What a verdict map says.
    pub(super) fn verdicts(
        &mut self,
        key: &[Expression],
        reference: &SetReference,
    ) -> MappedVerdicts {
        let readings: Vec<Reading> = key.iter().map(|part| self.compute(part)).collect();
        let presence = weakest(&readings);
        if presence == Presence::Absent {
            return MappedVerdicts {
                verdicts: Vec::new(),
                found: Truth::False,
            };
        }
        let lost = MappedVerdicts {
            verdicts: vec![None],
            found: Truth::Unknown,
        };
        let Some((set, changed)) = self.set(reference) else {
            self.because(missing(reference));
            return lost;
        };
        if let Contents::Unreadable { reason } = &set.contents {
            self.because(format!("{}: {reason}", name_of(set)));
            return lost;
        }
        let values: Vec<Possible> = readings.iter().map(|reading| reading.value).collect();
        let hits = hits(set, &values);
        let certain = hits.iter().any(|hit| hit.certain) && presence == Presence::Here;
        let mut verdicts: Vec<Option<Verdict>> = Vec::new();
        for hit in &hits {
            let verdict = match &hit.element.value {
                Some(MappedValue::Verdict(verdict)) => Some(*verdict),
                _ => None,
            };
            if !verdicts.contains(&verdict) {
                verdicts.push(verdict);
            }
        }
        if changed || (!certain && self.may_hold_more(set, &values)) {
            verdicts.push(None);
            return MappedVerdicts {
                verdicts,
                found: Truth::Unknown,
            };
        }
        let found = match (certain, verdicts.is_empty()) {
            (true, _) => Truth::True,
            (false, true) => Truth::False,
            (false, false) => Truth::Unknown,
        };
        if found == Truth::Unknown || verdicts.len() > 1 {
            for (part, reading) in key.iter().zip(&readings) {
                if reading.value.exact().is_none() {
                    self.explain(part, *reading);
                }
            }
        }
        MappedVerdicts { verdicts, found }
    }
}

fn missing(reference: &SetReference) -> String {
    match reference {
        SetReference::Missing(name) => format!("the set {name} was not read"),
        _ => "the set was not read".to_owned(),
    }
}

fn name_of(set: &Set) -> String {
    match &set.name {
        Some(name) => format!("the set {name}"),
        None => "a set".to_owned(),
    }
}

fn weakest(readings: &[Reading]) -> Presence {
    let mut weakest = Presence::Here;
    for reading in readings {
        match reading.presence {
            Presence::Absent => return Presence::Absent,
            Presence::Maybe => weakest = Presence::Maybe,
            Presence::Here => {}
        }
    }
    weakest
}

fn hits<'a>(set: &'a Set, key: &[Possible]) -> Vec<Hit<'a>> {
    let Contents::Elements { elements, .. } = &set.contents else {
        return Vec::new();
    };
    let Some(first) = key.first() else {
        return Vec::new();
    };
    elements
        .meeting(first.range())
        .filter_map(|element| {
            let mut certain = true;
            for (range, value) in element.key.iter().zip(key) {
                if !value.may_be_in(*range) {
                    return None;
                }
                certain &= range.covers(value.range());
            }
            Some(Hit { element, certain })
        })
        .collect()
}

/// In a set of networks with interfaces only those elements count whose network is the narrowest that holds the address, whatever
/// their interface (`ip_set_hash_netiface.c`, `ip_set_hash_gen.h`, where `multi` ends the search).
fn nearest<'a>(set: &'a Set, key: &[Possible], hits: Vec<Hit<'a>>) -> Vec<Hit<'a>> {
    let by_interface = *set.components == [Component::Ip4Address, Component::Interface]
        || *set.components == [Component::Ip6Address, Component::Interface];
    let (Contents::Elements { elements, .. }, Some(address), true) =
        (&set.contents, key.first(), by_interface)
    else {
        return hits;
    };
    let narrowest = elements
        .meeting(address.range())
        .filter_map(|element| element.key.first())
        .filter(|network| network.covers(address.range()))
        .map(|network| network.high - network.low)
        .min();
    hits.into_iter()
        .filter(|hit| {
            let network = hit.element.key.first();
            network.map(|network| network.high - network.low) <= narrowest || narrowest.is_none()
        })
        .collect()
}

/// The narrowest element decides, as in a hash of networks, where the longest prefix is tried first (`ip_set_hash_gen.h`).
fn verdict_of(components: &[Component], hits: &[Hit<'_>]) -> Truth {
    if hits.is_empty() {
        return Truth::False;
    }
    if hits.iter().all(|hit| !hit.element.no_match) {
        return Truth::of(hits.iter().any(|hit| hit.certain).then_some(true));
    }
    if hits.iter().all(|hit| hit.element.no_match) {
        return Truth::False;
    }
    if hits.iter().any(|hit| !hit.certain) {
        return Truth::Unknown;
    }
    let narrowest = hits.iter().min_by_key(|hit| spans(components, hit.element));
    Truth::of(narrowest.map(|hit| !hit.element.no_match))
}

/// How much each of its networks holds, in the order of the key.
fn spans(components: &[Component], element: &Element) -> Vec<u128> {
    components
        .iter()
        .zip(&element.key)
        .filter(|(component, _)| matches!(component, Component::Ip4Address | Component::Ip6Address))
        .map(|(_, range)| range.high - range.low)
        .collect()
}
