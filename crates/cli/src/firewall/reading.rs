//! Reads rule sets and has them decide: the one place where this command meets the rooms `host` and `filter`.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use sshdoctor_case::{RuleInsertion, RuleOwner, RuleOwnerKind, escape};
use sshdoctor_filter::evaluate::{Facts, Question, RouteAnswer};
use sshdoctor_filter::model::RuleSet;
use sshdoctor_filter::owner::{self, Owner, ToolKind};
use sshdoctor_filter::why_not::{self, Opening};
use sshdoctor_host::packet_filter::{self, AtBoot, Live, RuleSource, Saved};
use sshdoctor_host::{Limits, Programs, network};

use super::{
    answer::{self, Answered},
    place, what_if,
};

/// `CAP_NET_ADMIN` (`linux/capability.h`), which reading rules takes.
const CAP_NET_ADMIN: u32 = 12;

/// Where rules are read from, and what is known of the host.
#[derive(Debug)]
pub(crate) struct Filter {
    source: RuleSource,
    facts: Facts,
    live: bool,
}

impl Filter {
    /// Rules of these files, or of this host when there are none.
    ///
    /// # Errors
    /// When a file cannot be read or is of no kind that is known.
    pub(crate) fn open(files: &[String], asked: &[Question]) -> anyhow::Result<Self> {
        if files.is_empty() {
            return Ok(Self::live(asked, Limits::default()));
        }
        let saved = Saved::open(files.iter().map(PathBuf::from))?;
        Ok(Self {
            source: RuleSource::Saved(saved),
            facts: Facts::default(),
            live: false,
        })
    }

    /// Rules of this host, each tool that prints them within `limits`.
    pub(crate) fn live(asked: &[Question], limits: Limits) -> Self {
        Self {
            source: RuleSource::Live(Live::with(Programs::of_this_process(), limits)),
            facts: network::facts(&addresses(asked)),
            live: true,
        }
    }

    /// Rules that a boot would load; of this host, or of a disk about which nothing else is known.
    pub(crate) fn at_boot(rules: AtBoot, asked: &[Question], of_this_host: bool) -> Self {
        Self {
            source: RuleSource::AtBoot(rules),
            facts: if of_this_host {
                network::facts(&addresses(asked))
            } else {
                Facts::default()
            },
            live: false,
        }
    }

    /// Whether they are those of this host.
    pub(crate) const fn is_live(&self) -> bool {
        self.live
    }

    /// The interface that answers to the source leave by, where the question does not say by which the packet comes.
    pub(crate) fn interface_of(&self, question: &Question) -> Option<String> {
        if question.interface.is_some() {
            return None;
        }
        let from = single(question)?;
        let route = self.facts.routes.iter().find(|(to, _)| *to == from);
        match route {
            Some((_, RouteAnswer::By(interface))) => Some(interface.clone()),
            _ => None,
        }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When a file cannot be read, or nothing at all of this host.
    pub(crate) fn answer(
        &self,
        question: &Question,
        insertions_wanted: bool,
    ) -> anyhow::Result<Answered> {
        let (mut rule_set, mut decision) =
            packet_filter::decide(&self.source, question, &self.facts)?;
        if self.live && rule_set.sources.is_empty() && !rule_set.problems.is_empty() {
            return Err(nothing_read(&rule_set));
        }
        what_if::denials_first(&mut decision);
        let without_rule = what_if::without_rule(&mut rule_set, question, &self.facts, &decision);
        let by_rate = what_if::by_rate(&mut rule_set, question, &self.facts, &decision);
        let owner = answer::decider(&decision)
            .map(|decider| reported(owner::owner_of(&rule_set, decider, question)));
        let (insertions, no_insertion) = if insertions_wanted {
            self.insertions(&rule_set, question)
        } else {
            (Vec::new(), None)
        };
        Ok(Answered {
            question: question.clone(),
            rule_set,
            decision,
            owner,
            without_rule,
            by_rate,
            insertions,
            no_insertion,
        })
    }
}

impl Filter {
    /// The smallest changes that let the packet in, or why there is none.
    fn insertions(
        &self,
        rule_set: &RuleSet,
        question: &Question,
    ) -> (Vec<RuleInsertion>, Option<String>) {
        let (insertions, together) =
            match why_not::smallest_insertion(rule_set, question, &self.facts) {
                Opening::NotDenied => return (Vec::new(), None),
                Opening::NotFound { reason } => return (Vec::new(), Some(reason.to_owned())),
                Opening::Alternatives(insertions) => (insertions, false),
                Opening::Several(insertions) => (insertions, true),
            };
        let reported = insertions
            .into_iter()
            .map(|insertion| RuleInsertion {
                place: match insertion.place {
                    why_not::Place::Before { chain, number } => {
                        format!("before rule {number} of chain {}", place::shown(&chain))
                    }
                    why_not::Place::AtEnd { chain } => {
                        format!("at the end of chain {}", place::shown(&chain))
                    }
                    why_not::Place::Lifted => "by the end of the ban".to_owned(),
                },
                over: place::quoted(rule_set, insertion.over),
                tool: insertion.tool.map(|tool| tool.id.to_owned()),
                commands: insertion
                    .commands
                    .iter()
                    .map(|command| escape(command))
                    .collect(),
                together,
            })
            .collect();
        (reported, None)
    }
}

fn single(question: &Question) -> Option<IpAddr> {
    question
        .from
        .filter(|from| from.prefix_len() == from.max_prefix_len())
        .map(|from| from.addr())
}

fn addresses(asked: &[Question]) -> Vec<IpAddr> {
    asked
        .iter()
        .flat_map(|question| single(question).into_iter().chain(question.to))
        .collect()
}

fn reported(owner: Owner) -> RuleOwner {
    RuleOwner {
        tool: owner.tool.id.into(),
        name: owner.tool.name.into(),
        kind: match owner.tool.kind {
            ToolKind::Firewall => RuleOwnerKind::Firewall,
            ToolKind::BanTool => RuleOwnerKind::BanTool,
            ToolKind::Containers => RuleOwnerKind::Containers,
            ToolKind::Machines => RuleOwnerKind::Machines,
            ToolKind::Cloud => RuleOwnerKind::Cloud,
            ToolKind::Network => RuleOwnerKind::Network,
            ToolKind::Person => RuleOwnerKind::Person,
            ToolKind::Nobody => RuleOwnerKind::Nobody,
        },
        setting: owner.setting.as_deref().map(escape),
        change: owner.change.iter().map(|command| escape(command)).collect(),
        persists: owner.persists.as_deref().map(escape),
        evidence: escape(&owner.evidence),
    }
}

/// Nothing could be read of this host: what it takes, and the other way.
fn nothing_read(rule_set: &RuleSet) -> anyhow::Error {
    let said = rule_set
        .problems
        .first()
        .map(|problem| problem.message.clone())
        .unwrap_or_default();
    let error = anyhow!(said);
    if is_privileged() {
        return error.context("no rules of this host could be read");
    }
    error.context(format!(
        "reading the rules of this host takes root (CAP_NET_ADMIN), and nothing could be read without it. Type: sudo {}; or save them as \
         root (nft -j list ruleset > rules.json; iptables-save > rules.v4) and add --ruleset FILE for each",
        typed()
    ))
}

/// The command line as it would be typed again.
fn typed() -> String {
    let words = std::env::args()
        .skip(1)
        .map(|word| owner::quoted(&word).unwrap_or_else(|| "...".to_owned()));
    std::iter::once("sshdoctor".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether this process may read rules.
pub(crate) fn is_privileged() -> bool {
    capabilities("/proc/self/status").is_ok_and(|effective| effective >> CAP_NET_ADMIN & 1 == 1)
}

/// The effective capabilities (`proc(5)`, `CapEff`).
fn capabilities(file: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(file)?;
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .context("no CapEff")?;
    Ok(u64::from_str_radix(effective.trim(), 16)?)
}
