//! `here`: what on this server keeps a client out.

mod filter;
mod saved;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use sshdoctor_case::{
    Case, Destination, Fact, Obstacle, Outcome, Report, Settings, SshOptions, StageState,
};
use sshdoctor_host::server::{self, Host, PATIENCE};
use sshdoctor_host::{Programs, Root};

use crate::{
    arguments::{HereArguments, usage_error},
    exit, interruption, load, output, progress,
    save::NewFile,
};

/// Runs `here`.
///
/// # Errors
/// When the command line is wrong, or the report or the case cannot be written.
pub(crate) fn run(arguments: &HereArguments, start: Instant) -> anyhow::Result<u8> {
    if arguments.save.as_deref() == Some("-") {
        return Err(usage_error(
            "--save takes the name of a new file; standard output is for the report",
        )
        .into());
    }
    interruption::watch();
    let file = arguments.save.as_deref().map(NewFile::at).transpose()?;
    let root = match &arguments.root {
        Some(directory) => Root::mounted_at(Path::new(directory))
            .with_context(|| format!("cannot look at the disk mounted at {directory}"))?,
        None => Root::default(),
    };
    let client = match &arguments.case {
        Some(name) => Some((name, load::client_end(name)?)),
        None => None,
    };
    let host = Arc::new(Host {
        root,
        programs: Programs::of_this_process(),
        question: arguments.question(client.as_ref().map(|(_, case)| case)),
        patience: PATIENCE,
    });
    let charset = output::charset(arguments.output.look.ascii);
    let mut case = progress::during(charset, start, "looking at this server", || {
        look(&host, start)
    })?;
    if let Some((name, client)) = client {
        case = load::joined((name, client), ("what this server shows", case))?;
    }
    // What was too late to be waited for.
    sshdoctor_host::end_all();
    let report = sshdoctor_diagnose::diagnose(&case);
    output::report(&report, &arguments.output)?;
    if let Some(file) = file {
        interruption::whole(|| file.write(&case))?;
    }
    Ok(status(&report))
}

/// Everything that the host shows, as a case.
fn look(host: &Arc<Host>, start: Instant) -> anyhow::Result<Case> {
    let destination = Destination::parse("localhost").map_err(|error| anyhow!("{error}"))?;
    let mut case = Case::new(
        jiff::Timestamp::now(),
        destination,
        SshOptions::default(),
        Settings::default(),
    );
    case.server = Some(host.question.clone());
    let (port_known, port) = channel();
    if let Some(port) = host.question.port {
        let _ = port_known.send(port);
    }
    let filter = filter::begin(host, port, start);
    server::observe(host, start, |observation| {
        if let Fact::SshdConfig { config } = &observation.fact
            && let Some(listen) = config.listen.first()
        {
            // The filter waits for the first port that it is told.
            let _ = port_known.send(listen.port);
        }
        case.add(observation);
    });
    drop(port_known);
    let (observations, saved) = filter.finish();
    for observation in observations {
        case.add(observation);
    }
    if let Some(saved) = saved {
        saved::note(&mut case, saved);
    }
    Ok(case)
}

/// 0 when nothing wrong was found, 1 when something was, 3 when what matters could not be seen.
fn status(report: &Report) -> u8 {
    let is_blind = report.evidence.iter().any(|seen| {
        matches!(
            &seen.fact,
            Fact::NotSeen {
                obstacle: Obstacle::Privilege,
                ..
            }
        )
    }) && report
        .stages
        .iter()
        .any(|finding| finding.state == StageState::Unknown);
    match report.outcome {
        Outcome::Open if is_blind => exit::UNANSWERED,
        Outcome::Open => exit::OPEN,
        _ => exit::PROBLEM,
    }
}
