//! One pair of hosts with all that is needed to try cases on it, one after the other.

use std::collections::HashSet;
use std::net::IpAddr;

use super::case::{FilterCase, LoadKind};
use super::compare::Deciding;
use super::ground::Ground;
use super::loading::{Dumps, Loader};
use super::netlink::Netfilter;
use super::outcome::Outcome;
use super::shot::{Gun, Pace, Seen};
use super::trace::{self, StepVerdict, TRACING_TABLES, TraceStep};
use crate::error::{Doing, LabError};

/// What the kernel did with a case, and what the tools print of its rules.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub(crate) seen: Seen,
    pub(crate) dumps: Dumps,
    pub(crate) deciding: Deciding,
    pub(crate) steps: Vec<TraceStep>,
}

impl Observation {
    pub(crate) fn outcome(&self) -> Outcome {
        self.seen.outcome
    }
}

/// How to try a case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trying {
    pub(crate) pace: Pace,
    /// Also ask the kernel which rules the packet met.
    pub(crate) traced: bool,
}

/// One pair of hosts at work. To be made and used in a thread that is in the server's network namespace.
pub(crate) struct Bench<'a> {
    ground: &'a Ground,
    loader: Loader,
    gun: Gun,
    netfilter: Netfilter,
    traces: Netfilter,
    sources: HashSet<(IpAddr, u16)>,
    /// Rules that a tool refused.
    pub(crate) refused: Vec<String>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(ground: &'a Ground) -> Result<Self, LabError> {
        Ok(Self {
            ground,
            loader: Loader::new(&ground.server.name)?,
            gun: Gun::new(ground)?,
            netfilter: Netfilter::open().doing("open a netfilter socket")?,
            traces: Netfilter::open_trace().doing("open a trace socket")?,
            sources: HashSet::new(),
            refused: Vec::new(),
        })
    }

    /// Loads the case, sends its SYN and looks. The case loses the rules that are refused; none when it cannot be loaded.
    pub(crate) fn observe(
        &mut self,
        case: &mut FilterCase,
        trying: Trying,
    ) -> Result<Option<Observation>, LabError> {
        if !self.loader.load(case, &mut self.refused)? {
            return Ok(None);
        }
        let dumps = self.loader.dump(case)?;
        let nft = case.uses(|kind| !kind.is_legacy() && kind != LoadKind::Ipset);
        let traced = trying.traced && nft;
        if traced {
            self.loader.add(TRACING_TABLES)?;
        }
        self.forget(case)?;
        trace::read(&self.traces).doing("read old trace messages")?;
        let seen = self.gun.shoot(self.ground, &case.packet, trying.pace)?;
        let steps = trace::read(&self.traces).doing("read trace messages")?;
        let mut deciding = Deciding::default();
        for step in &steps {
            match step.verdict {
                StepVerdict::Drop => deciding.denials.push(step.rule.clone()),
                StepVerdict::Accept => deciding.acceptances.push(step.rule.clone()),
                StepVerdict::Onward => {}
            }
        }
        let legacy = case.uses(LoadKind::is_legacy);
        if trying.traced && legacy {
            let counted = self.loader.legacy_counters(case)?;
            for (family, save) in [
                ("ip", counted.iptables_legacy),
                ("ip6", counted.ip6tables_legacy),
            ] {
                deciding
                    .denials
                    .extend(trace::legacy_denials(family, &save.unwrap_or_default()));
            }
        }
        Ok(Some(Observation {
            seen,
            dumps,
            deciding,
            steps,
        }))
    }

    /// Lets no case meet the connection of an earlier one.
    fn forget(&mut self, case: &FilterCase) -> Result<(), LabError> {
        let source = (case.packet.from, case.packet.from_port);
        let known = self.sources.contains(&source);
        if known {
            self.ground.listen_again().doing("listen again")?;
        }
        if known || self.sources.len() >= 256 {
            self.netfilter
                .forget_connections()
                .doing("forget tracked connections")?;
            self.sources.clear();
        }
        self.sources.insert(source);
        Ok(())
    }
}
