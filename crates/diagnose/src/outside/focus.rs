//! Which address the diagnosis is about, when a name has several.

use std::net::IpAddr;

use sshdoctor_case::Case;

use super::aim::Aim;
use super::attempt::{Attempt, Progress, attempts};

/// The fate of every address that was tried.
pub(crate) struct Fates<'a> {
    /// Address and first plain attempt, in the order in which `ssh` tries them.
    pub(crate) each: Vec<(IpAddr, Attempt<'a>)>,
}

impl<'a> Fates<'a> {
    /// Collects them.
    pub(crate) fn of(case: &'a Case, aim: &Aim) -> Self {
        let each = aim
            .addresses
            .iter()
            .filter_map(|address| {
                let first = first_plain(attempts(case, aim.socket(*address)))?;
                Some((*address, first))
            })
            .collect();
        Self { each }
    }

    /// The address that `ssh` would end with: the first that accepts, or else the one that came farthest.
    pub(crate) fn decisive(&self) -> Option<&(IpAddr, Attempt<'a>)> {
        let accepted = self
            .each
            .iter()
            .find(|(_, attempt)| attempt.progress() >= Progress::Accepted);
        accepted.or_else(|| {
            self.each
                .iter()
                .rev()
                .max_by_key(|(_, attempt)| attempt.progress())
        })
    }

    /// The address whose fate wants an explanation: the decisive one, or, when that is open, one that fails.
    pub(crate) fn focus(&self) -> Option<&(IpAddr, Attempt<'a>)> {
        let decisive = self.decisive()?;
        if decisive.1.progress() < Progress::Open {
            return Some(decisive);
        }
        let failing = self.each.iter().find(|(_, attempt)| {
            let progress = attempt.progress();
            progress < Progress::Open && progress != Progress::NotSent
        });
        Some(failing.unwrap_or(decisive))
    }
}

/// The first plain attempt: what a later one met tells whether the host is flaky, and is read by [`super::evidence`].
fn first_plain(attempts: Vec<Attempt<'_>>) -> Option<Attempt<'_>> {
    attempts.into_iter().find(|attempt| !attempt.small_segments)
}
