//! Arguments of `explain`.

use std::ffi::OsString;

use clap::Args;

use super::OutputArguments;

/// What ssh is run with.
#[derive(Debug, Args)]
#[command(override_usage = "sshdoctor ssh ARGUMENTS")]
pub(crate) struct OwnSshArguments {
    /// Everything that ssh takes
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) arguments: Vec<OsString>,
}

/// What to explain.
#[derive(Debug, Args)]
#[command(override_usage = "sshdoctor explain [OPTIONS] [CAUSE | FILE | -]")]
pub(crate) struct ExplainArguments {
    /// A cause, or a file with what ssh or sshd printed; without it, or with -, standard input
    #[arg(value_name = "CAUSE-OR-FILE")]
    pub(crate) subject: Option<String>,
    /// List every cause that is known
    #[arg(long, conflicts_with = "subject")]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}
