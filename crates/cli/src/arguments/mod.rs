//! The command line: one definition, from which the parser, the help, the completions and the manual page are made.

mod explain;
mod firewall;
mod here;
mod ignored;
mod ssh;

use std::ffi::OsString;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use explain::{ExplainArguments, OwnSshArguments};
pub(crate) use firewall::FirewallArguments;
pub(crate) use here::HereArguments;
pub(crate) use ssh::SshArguments;

/// Words that later versions use as commands. A host of that name is reached by `check NAME`.
const RESERVED: [&str; 4] = ["fix", "try", "confirm", "revert"];

const EXAMPLES: &str = "\
Examples:
  sshdoctor web1                      why does `ssh web1` fail?
  sshdoctor -p 2222 -J jump me@web1   the same options as were typed after `ssh`
  sshdoctor --via jump web1           is web1 closed to everyone, or only to me?
  sshdoctor web1 --save web1.case     keep everything seen, to read or send later
  sshdoctor read web1.case --redact   the same without addresses, names and users
  sshdoctor here --from ADDR          on the server's console: what here keeps ADDR out?
  sshdoctor firewall --from ADDR      on the server: which rule keeps ADDR out?
  ssh web1 2>&1 | sshdoctor explain   what do these words of ssh or sshd mean?
  sshdoctor explain sshd-stopped      the manual page of one cause
  alias ssh='sshdoctor ssh'           your ssh as ever, with an explanation where it fails

Other options of ssh (-A, -L …) are accepted and ignored. A host that is named like a command is reached by `sshdoctor check NAME`.

Exit status: 0 the way in is open, 1 a problem was found, 2 the command line is wrong, 3 the question could not be answered.";

const OWN: &str = "Options of its own";

const ABOUT: &str = "\
Answers why you cannot get in over SSH. Type what you typed after `ssh`. Nothing is changed anywhere, and no login is tried \
unless --login is given.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "sshdoctor",
    version,
    about = ABOUT,
    propagate_version = true,
    override_usage = "sshdoctor [check] [OPTIONS] [USER@]HOST\n       sshdoctor here [OPTIONS]\n       sshdoctor firewall [OPTIONS]\n       sshdoctor explain [CAUSE | FILE | -]\n       sshdoctor ssh ARGUMENTS\n       sshdoctor read FILE | demo | completions SHELL | man",
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    check: CheckArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Diagnose the way to a host (what a bare host name means)
    Check(Box<CheckArguments>),
    /// Diagnose on the server itself: what here keeps a client out?
    Here(Box<HereArguments>),
    /// Say what this host's packet filter does with one packet, and which rule decides
    Firewall(Box<FirewallArguments>),
    /// Say what the words of ssh or sshd in a text mean, or print the manual page of a cause
    Explain(Box<ExplainArguments>),
    /// Run your own ssh with these arguments, unchanged, and say underneath what it means if it fails
    Ssh(OwnSshArguments),
    /// Diagnose a saved case again, or print it without private data
    Read(ReadArguments),
    /// Build small broken hosts in private network namespaces and diagnose each
    Demo(DemoArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page in roff
    Man,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(
    args_override_self = true,
    override_usage = "sshdoctor check [OPTIONS] [USER@]HOST"
)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) ssh: SshArguments,

    /// Ask from this host as well, which you can log in to; may be given several times
    #[arg(long, value_name = "JUMP", help_heading = OWN)]
    pub(crate) via: Vec<String>,
    /// Allow one login attempt with your own ssh and keys
    #[arg(long, help_heading = OWN)]
    pub(crate) login: bool,
    /// Add what the server showed: a file that `sshdoctor here --save FILE` wrote there
    #[arg(long, value_name = "FILE", help_heading = OWN)]
    pub(crate) with: Option<String>,
    /// Write everything that was seen to a new file
    #[arg(long, value_name = "FILE", help_heading = OWN)]
    pub(crate) save: Option<String>,
    /// Most completed connections to the SSH port
    #[arg(long, value_name = "N", help_heading = OWN, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) budget: u32,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    _ignored: ignored::IgnoredSshOptions,
}

/// Arguments of `read`.
#[derive(Debug, Args)]
pub(crate) struct ReadArguments {
    /// A file written by --save; - reads standard input
    pub(crate) file: String,
    /// Add what the other end saw: the file of `here` to that of `check`, or the other way round
    #[arg(long, value_name = "FILE")]
    pub(crate) with: Option<String>,
    /// Print the case itself, with addresses, names and users replaced consistently
    #[arg(long, conflicts_with_all = ["json", "verbose"])]
    pub(crate) redact: bool,
    /// Write the redacted case to a new file instead
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub(crate) save: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[command(flatten)]
    pub(crate) look: LookArguments,
}

/// How a report is printed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// Print the report as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Show all evidence with timings, and every cause with its remedy
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(flatten)]
    pub(crate) look: LookArguments,
}

/// How everything that is printed looks.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LookArguments {
    /// When to use colour: auto, always or never
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) color: ColorWhen,
    /// Use ASCII characters only
    #[arg(long)]
    pub(crate) ascii: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Reads the command line; `arguments` begins with the name of the program.
///
/// # Errors
/// With what to print and where, also for `--help` and `--version`.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Command, clap::Error> {
    if let Some(word) = arguments.get(1).and_then(|word| word.to_str())
        && RESERVED.contains(&word)
    {
        return Err(usage_error(format!(
            "this version has no command `{word}` yet; to diagnose a host of that name, type: sshdoctor check {word}"
        )));
    }
    // Everything after it is for ssh, --help too.
    if arguments.get(1).is_some_and(|word| word == "ssh") {
        return Ok(Command::Ssh(OwnSshArguments {
            arguments: arguments.into_iter().skip(2).collect(),
        }));
    }
    let line = CommandLine::try_parse_from(arguments)?;
    Ok(line
        .command
        .unwrap_or_else(|| Command::Check(Box::new(line.check))))
}

/// The definition itself, for completions and the manual page.
pub(crate) fn definition() -> clap::Command {
    CommandLine::command()
}

/// An error of the command line that the parser itself cannot see.
pub(crate) fn usage_error(message: impl std::fmt::Display) -> clap::Error {
    definition().error(clap::error::ErrorKind::ValueValidation, message)
}

#[cfg(test)]
mod tests;
