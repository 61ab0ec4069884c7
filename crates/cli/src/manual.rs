//! The manual page, made from the definition of the command line.

use clap::Command;
use clap_mangen::{
    Man,
    roff::{Inline, Roff, bold, roman},
};

use crate::arguments;

/// `sshdoctor(1)` in roff: the main command, and every other command in a section of its own page.
///
/// # Errors
/// When the memory cannot be written, which does not happen.
pub(crate) fn page() -> std::io::Result<Vec<u8>> {
    let command = arguments::definition();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    commands(&command).to_writer(&mut page)?;
    man.render_extra_section(&mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

fn commands(command: &Command) -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["COMMANDS"]);
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        roff.control("SS", [sub.get_name()]);
        if let Some(about) = sub.get_about() {
            roff.text([roman(about.to_string() + ".")]);
        }
        if sub.get_name() == "check" {
            continue;
        }
        for argument in sub
            .get_arguments()
            .filter(|argument| !argument.is_hide_set())
        {
            roff.control("TP", []);
            roff.text(name(argument));
            let help = argument.get_help().map(ToString::to_string);
            roff.text([roman(help.unwrap_or_default())]);
        }
    }
    roff
}

fn name(argument: &clap::Arg) -> Vec<Inline> {
    let value = argument
        .get_value_names()
        .and_then(|names| names.first())
        .map(ToString::to_string);
    let takes_value = argument.get_action().takes_values();
    let long = argument.get_long().map(|long| format!("--{long}"));
    let short = argument.get_short().map(|short| format!("-{short}"));
    let flags: Vec<String> = short.into_iter().chain(long).collect();
    let mut inlines = Vec::new();
    if !flags.is_empty() {
        inlines.push(bold(flags.join(", ")));
    }
    if takes_value && let Some(value) = value {
        let lead = if inlines.is_empty() { "" } else { " " };
        inlines.push(roman(format!("{lead}{value}")));
    }
    inlines
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_names_every_option_and_command() {
        let page = String::from_utf8(super::page().unwrap()).unwrap();
        for word in [
            "\\-\\-via",
            "\\-\\-login",
            "\\-\\-budget",
            "completions",
            "\\-\\-redact",
            "\\-\\-why\\-not",
            "Exit status",
        ] {
            assert!(page.contains(word), "{word}");
        }
    }
}
