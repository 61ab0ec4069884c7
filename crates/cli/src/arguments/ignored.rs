//! Options of `ssh` that have no part in reaching the host. People paste them, so they are read past.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// Options without a value, from the getopt string of ssh.c (OpenSSH 10) and its older releases.
const FLAGS: &str = "12afgknqstxyACGKMNTXY";

/// Options with a value, from the same place.
const VALUED: &str = "cemwDEILOPQRSW";

/// Accepts these options and keeps nothing of them.
#[derive(Debug, Clone)]
pub(super) struct IgnoredSshOptions;

fn ignored(letters: &'static str) -> impl Iterator<Item = Arg> {
    letters.char_indices().map(|(at, letter)| {
        Arg::new(&letters[at..=at])
            .short(letter)
            .hide(true)
            .help("Accepted as ssh accepts it, and ignored")
    })
}

impl Args for IgnoredSshOptions {
    fn augment_args(command: Command) -> Command {
        let flags = ignored(FLAGS).map(|argument| argument.action(ArgAction::Count));
        let valued = ignored(VALUED).map(|argument| {
            argument
                .action(ArgAction::Append)
                .allow_hyphen_values(true)
                .value_name("VALUE")
        });
        command.args(flags).args(valued)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for IgnoredSshOptions {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, Error> {
        Ok(Self)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), Error> {
        Ok(())
    }
}
