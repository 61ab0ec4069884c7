//! The rule sets of a host: of this one as they are now, saved in files, or as a boot would load them.

mod at_boot;
mod dump;
mod kernel_rules;
mod kernel_steps;
mod live;
mod nf_tables;
mod saved;

pub use at_boot::AtBoot;
pub(crate) use at_boot::Loads;
pub use live::Live;
pub use saved::{Saved, SourceError};

use std::io::{BufRead, Read as _};

use sshdoctor_filter::evaluate::{self, Decision, Facts, Packet, Question};
use sshdoctor_filter::model::{RuleSet, SourceKind};
use sshdoctor_filter::nftables::script::{self, Meaning, NoIncludes};
use sshdoctor_filter::{Interest, ReadError, ipset, nftables, xtables};

/// Readings after which everything is kept, whatever packets it is for: nothing can be missing then.
const SELECTIVE_READINGS: usize = 3;

/// How much of a script is read: one byte more than its reader takes.
const LONGEST_SCRIPT: u64 = 32 * 1024 * 1024 + 1;

/// Where rule sets are read from.
#[derive(Debug)]
pub enum RuleSource {
    /// This host.
    Live(Live),
    /// Files.
    Saved(Saved),
    /// Files that a boot loads.
    AtBoot(AtBoot),
}

impl RuleSource {
    /// Reads all of it, keeping what packets of `interest` can meet.
    ///
    /// # Errors
    /// When a file cannot be read. What cannot be read of a live host is among [`RuleSet::problems`].
    pub fn read(&self, interest: &Interest) -> Result<RuleSet, SourceError> {
        match self {
            Self::Live(live) => Ok(live.read(interest)),
            Self::Saved(saved) => saved.read(interest),
            Self::AtBoot(at_boot) => at_boot.read(interest),
        }
    }
}

/// Reads the rules that matter to a question, and answers it.
///
/// # Errors
/// As [`RuleSource::read`].
pub fn decide(
    source: &RuleSource,
    question: &Question,
    facts: &Facts,
) -> Result<(RuleSet, Decision), SourceError> {
    settle(
        |interest| source.read(interest),
        evaluate::packets_of(question, facts),
        |rule_set| evaluate::decide(rule_set, question, facts),
    )
}

/// Reads one source with the reader of its kind.
fn read_as(
    kind: SourceKind,
    name: &str,
    mut input: impl BufRead,
    interest: &Interest,
    into: &mut RuleSet,
) -> Result<(), ReadError> {
    match kind {
        SourceKind::NftScript => {
            let mut text = Vec::new();
            input
                .by_ref()
                .take(LONGEST_SCRIPT)
                .read_to_end(&mut text)
                .map_err(|source| ReadError::Io {
                    name: name.to_owned(),
                    source,
                })?;
            script::read(name, &text, Meaning::Listed, &NoIncludes, interest, into)
        }
        SourceKind::NftJson => nftables::read(name, input, interest, into),
        SourceKind::Ipset => ipset::read(name, input, interest, into),
        SourceKind::IptablesNft
        | SourceKind::Ip6tablesNft
        | SourceKind::IptablesLegacy
        | SourceKind::Ip6tablesLegacy => xtables::read(name, kind, input, interest, into),
    }
}

/// Reads and decides until what was read was read for every packet that it makes of the first ones.
fn settle<E>(
    mut read: impl FnMut(&Interest) -> Result<RuleSet, E>,
    packets: Vec<Packet>,
    decide: impl Fn(&RuleSet) -> Decision,
) -> Result<(RuleSet, Decision), E> {
    let mut interest = Interest::in_packets(packets);
    for _ in 0..SELECTIVE_READINGS {
        let rule_set = read(&interest)?;
        let decision = decide(&rule_set);
        if decision.not_read_for.is_empty() {
            return Ok((rule_set, decision));
        }
        interest = interest.and(&decision.not_read_for);
    }
    let rule_set = read(&Interest::everything())?;
    let decision = decide(&rule_set);
    Ok((rule_set, decision))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use sshdoctor_filter::evaluate::Version;

    use super::*;

    fn packet(port: u16) -> Packet {
        let question = Question {
            version: Version::V4,
            from: Some("192.0.2.7/32".parse().unwrap()),
            from_port: Some(40_000),
            to: Some([198, 51, 100, 1].into()),
            port,
            interface: None,
            mac: None,
        };
        evaluate::packets_of(&question, &Facts::default()).swap_remove(0)
    }

    /// Settles with a decision that also needs what `needs` says of a reading; what was read for, in order.
    fn readings(needs: impl Fn(&Interest) -> Vec<Packet>) -> Vec<Interest> {
        let read_for = RefCell::new(Vec::new());
        let read = |interest: &Interest| {
            read_for.borrow_mut().push(interest.clone());
            Ok::<_, Infallible>(RuleSet {
                interest: interest.clone(),
                ..RuleSet::default()
            })
        };
        let decide = |rule_set: &RuleSet| Decision {
            endings: Vec::new(),
            trail: Vec::new(),
            undecided: Vec::new(),
            translations: Vec::new(),
            not_read_for: needs(&rule_set.interest),
        };
        settle(read, vec![packet(22)], decide).unwrap();
        read_for.into_inner()
    }

    #[test]
    fn what_was_read_for_all_is_read_once() {
        let expected = [Interest::in_packets([packet(22)])];
        assert_eq!(readings(|_| Vec::new()), expected);
    }

    #[test]
    fn packets_that_a_decision_makes_are_read_for_as_well() {
        let translated = packet(2222);
        let missing = |interest: &Interest| {
            let packet = Some(packet(2222));
            packet
                .filter(|packet| !interest.covers(packet))
                .into_iter()
                .collect()
        };
        let first = Interest::in_packets([packet(22)]);
        let second = first.clone().and(&[translated]);
        assert_eq!(readings(missing), [first, second]);
    }

    #[test]
    fn a_decision_that_is_never_content_ends_with_everything_read() {
        let readings = readings(|_| vec![packet(2222)]);
        assert_eq!(readings.len(), SELECTIVE_READINGS + 1);
        assert_eq!(readings.last(), Some(&Interest::everything()));
    }
}
