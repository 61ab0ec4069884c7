//! `firewall`: what this host's packet filter, or a saved one, does with one packet.

mod answer;
mod causes;
mod ending;
mod headline;
mod mark;
mod place;
mod reading;
mod report;
mod set_entry;
mod what_if;
mod wording;

use std::time::Instant;

use anyhow::anyhow;
use sshdoctor_case::{Fact, FirewallReport, PacketVerdict};
use sshdoctor_filter::evaluate::Question;
use sshdoctor_host::Limits;
use sshdoctor_host::packet_filter::AtBoot;

use crate::{arguments::FirewallArguments, exit, interruption, output};
use reading::Filter;
pub(crate) use reading::is_privileged;
use report::Reading;

/// Runs `firewall`.
///
/// # Errors
/// When the command line is wrong, nothing can be read, or the report cannot be written.
pub(crate) fn run(arguments: &FirewallArguments, start: Instant) -> anyhow::Result<u8> {
    interruption::watch();
    let mut questions = arguments.questions()?;
    let filter = Filter::open(&arguments.ruleset, &questions)?;
    let mut taken = None;
    for question in &mut questions {
        if let Some(interface) = filter.interface_of(question) {
            question.interface = Some(interface.clone());
            taken = Some(interface);
        }
    }
    let why_not = arguments.why_not.is_some();
    let answered = questions
        .iter()
        .map(|question| filter.answer(question, why_not))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let reading = Reading {
        live: filter.is_live(),
        elapsed_ms: start.elapsed().as_secs_f64() * 1000.0,
        interface: taken.as_deref(),
    };
    let report = report::conclude(&answered, reading)
        .ok_or_else(|| anyhow!("the packet filter gave no answer"))?;
    output::firewall(&report, &arguments.output)?;
    Ok(status(&report))
}

/// What this host's rules do with packets, as facts: which rules were read, and the answer to each question.
///
/// # Errors
/// When nothing at all could be read.
pub(crate) fn facts_about(
    mut questions: Vec<Question>,
    limits: Limits,
) -> anyhow::Result<Vec<Fact>> {
    let filter = Filter::live(&questions, limits);
    for question in &mut questions {
        if let Some(interface) = filter.interface_of(question) {
            question.interface = Some(interface);
        }
    }
    let answered = questions
        .iter()
        .map(|question| filter.answer(question, true))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(report::facts(&answered, true))
}

/// What rules that a boot loads would do with packets, as the same facts. `running` tells that it is this host that would boot.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn facts_at_boot(
    mut questions: Vec<Question>,
    rules: AtBoot,
    running: bool,
) -> anyhow::Result<Vec<Fact>> {
    let filter = Filter::at_boot(rules, &questions, running);
    for question in &mut questions {
        if let Some(interface) = filter.interface_of(question) {
            question.interface = Some(interface);
        }
    }
    let answered = questions
        .iter()
        .map(|question| filter.answer(question, false))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(report::facts(&answered, false))
}

fn status(report: &FirewallReport) -> u8 {
    if report.answer.verdict == PacketVerdict::Accept {
        exit::OPEN
    } else {
        exit::PROBLEM
    }
}

#[cfg(test)]
mod tests;
