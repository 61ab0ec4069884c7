//! Arguments of `explain`.

use clap::Args;

use super::OutputArguments;

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
