//! `sshdoctor`: answers "why can I not get in over SSH?".
//!
//! The rooms do the work: `probe` observes, `diagnose` concludes; here are the commands and the renderers.

mod arguments;
mod check;
mod demo;
mod exit;
mod explain;
mod firewall;
mod here;
mod interruption;
mod load;
mod manual;
mod output;
mod progress;
mod read;
mod render;
mod save;

use std::{ffi::OsString, process::ExitCode, time::Instant};

use arguments::Command;

fn main() -> ExitCode {
    let start = Instant::now();
    let arguments = std::env::args_os().collect();
    let status = match std::panic::catch_unwind(|| run(arguments, start)) {
        Ok(status) => status,
        // The panic hook has already said what and where.
        Err(_) => exit::UNANSWERED,
    };
    ExitCode::from(status)
}

fn run(arguments: Vec<OsString>, start: Instant) -> u8 {
    let done = arguments::parse(arguments).map_err(Into::into);
    match done.and_then(|command| execute(command, start)) {
        Ok(status) => status,
        Err(error) => exit::explain(&error),
    }
}

fn execute(command: Command, start: Instant) -> anyhow::Result<u8> {
    match command {
        Command::Check(arguments) => check::run(*arguments, start),
        Command::Firewall(arguments) => firewall::run(&arguments, start),
        Command::Here(arguments) => here::run(&arguments, start),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Ssh(arguments) => explain::beside_ssh(&arguments.arguments),
        Command::Read(arguments) => read::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(
                shell,
                &mut arguments::definition(),
                "sshdoctor",
                &mut script,
            );
            output::raw(&script)?;
            Ok(exit::OPEN)
        }
        Command::Man => {
            output::raw(&manual::page()?)?;
            Ok(exit::OPEN)
        }
    }
}
