//! The program as a person would start it, whatever the environment of the tests is.

use std::process::{Command, Stdio};

/// The program with these arguments, at a terminal that knows UTF-8, with nothing on standard input.
pub(crate) fn sshdoctor(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sshdoctor"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm");
    command
}

/// What it printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
