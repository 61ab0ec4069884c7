//! `check`: asks the network what the reasoning wants to know, and prints the answer.

mod driver;

use std::{sync::Arc, time::Instant};

use anyhow::Context as _;
use sshdoctor_case::{Case, Settings};
use sshdoctor_diagnose::Inquiry;
use sshdoctor_probe::Prober;

use crate::{
    arguments::{CheckArguments, usage_error},
    exit, load, output,
    progress::Progress,
    save::NewFile,
};
use driver::{Driver, Ending};

/// Runs `check`.
///
/// # Errors
/// When the command line is wrong, or the report or the case cannot be written.
pub(crate) fn run(arguments: CheckArguments, start: Instant) -> anyhow::Result<u8> {
    let (destination, options) = arguments.ssh.resolve()?;
    if arguments.save.as_deref() == Some("-") {
        return Err(usage_error(
            "--save takes the name of a new file; standard output is for the report",
        )
        .into());
    }
    let file = arguments.save.as_deref().map(NewFile::at).transpose()?;
    let server = match arguments.with {
        Some(name) => {
            let case = load::server_end(&name)?;
            Some((name, case))
        }
        None => None,
    };
    let settings = Settings {
        connection_budget: arguments.budget,
        login: arguments.login,
        via: arguments.via,
    };
    let prober = Arc::new(Prober::new(destination.clone(), options.clone(), start));
    let case = Case::new(jiff::Timestamp::now(), destination, options, settings);
    let mut inquiry = Inquiry::new(case);

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the event loop")?;
    let mut progress = Progress::new(output::charset(arguments.output.look.ascii));
    let ending = runtime.block_on(Driver::new(prober, start).run(&mut inquiry, &mut progress));
    progress.clear();
    // Ends what is still under way, and does not wait for a thread that is stuck in the resolver.
    runtime.shutdown_background();

    if let Ending::Signal(number) = ending.context("cannot watch for signals")? {
        return Ok(exit::by_signal(number));
    }
    let case = match server {
        Some((name, server)) => load::joined(
            ("what was seen from here", inquiry.into_case()),
            (&name, server),
        )?,
        None => inquiry.into_case(),
    };
    let report = sshdoctor_diagnose::diagnose(&case);
    output::report(&report, &arguments.output)?;
    if let Some(file) = file {
        file.write(&case)?;
    }
    Ok(exit::of(&report))
}
