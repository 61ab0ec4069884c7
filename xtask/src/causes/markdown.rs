//! A manual page, and the index, in Markdown.

use std::fmt::Write as _;

use sshdoctor_case::{CausePage, Where};

/// One page.
pub(super) fn page(page: &CausePage) -> String {
    let mut text = format!(
        "<!-- Made by `cargo xtask causes`; the text is in crates/diagnose/src/catalogue/. -->\n\n# {}\n\n\
         `{}`, at the stage `{}`; {} of all lockouts before anything was seen ([all causes](README.md)).\n",
        sentence(&page.title),
        page.id,
        page.stage.id(),
        share(page.prior),
    );
    section(&mut text, "What it is", &page.what);
    section(
        &mut text,
        "How it looks from the client",
        &page.client_looks,
    );
    section(&mut text, "How it looks on the server", &page.server_looks);
    section(&mut text, "How to be sure", "");
    commands(&mut text, "", &page.confirm);
    commands(&mut text, "Without systemd:", &page.confirm_without_systemd);
    let heading = format!("What to do, {}", place(page.place));
    section(&mut text, &heading, &page.remedy.summary);
    commands(&mut text, "", &page.remedy.commands);
    commands(
        &mut text,
        "Without systemd:",
        &page.remedy.commands_without_systemd,
    );
    for remedy in &page.by_distribution {
        commands(&mut text, &format!("{}:", remedy.names), &remedy.commands);
    }
    section(&mut text, "What not to do", &page.remedy.avoid);
    section(&mut text, "How to stop it coming back", &page.lasting);
    section(&mut text, "What proves it", "");
    if page.scenarios.is_empty() {
        text.push_str("\nNo scenario of the lab builds this one.\n");
    } else {
        commands(
            &mut text,
            "",
            &page
                .scenarios
                .iter()
                .map(|name| format!("lab {name}"))
                .collect::<Vec<_>>(),
        );
    }
    text
}

/// The index, by stage.
pub(super) fn index(pages: &[CausePage]) -> String {
    let mut text = format!(
        "<!-- Made by `cargo xtask causes`. -->\n\n# Causes of a lockout\n\n\
         {} causes, by the stage at which they stop the connection, the commonest first. `sshdoctor explain CAUSE` prints the same.\n\
         In commands `ssh` stands for the unit as Debian and Ubuntu call it (elsewhere `sshd`), and words in capitals for what only \
         you know.\n",
        pages.len()
    );
    for stage in sshdoctor_case::Stage::ALL {
        let mut of_stage: Vec<&CausePage> =
            pages.iter().filter(|page| page.stage == stage).collect();
        if of_stage.is_empty() {
            continue;
        }
        of_stage.sort_by(|a, b| b.prior.total_cmp(&a.prior).then(a.id.cmp(&b.id)));
        let _ = write!(text, "\n## {}\n\n", sentence(&stage.id().replace('-', " ")));
        for page in of_stage {
            let _ = writeln!(
                text,
                "- [{}]({}.md): {} ({})",
                page.id,
                page.id,
                page.title,
                share(page.prior)
            );
        }
    }
    text
}

fn section(text: &mut String, heading: &str, body: &str) {
    let _ = write!(text, "\n## {heading}\n");
    if !body.is_empty() {
        let _ = write!(text, "\n{}\n", escaped(body));
    }
}

fn commands(text: &mut String, label: &str, commands: &[String]) {
    if commands.is_empty() {
        return;
    }
    if !label.is_empty() {
        let _ = write!(text, "\n{label}\n");
    }
    let _ = write!(text, "\n```sh\n{}\n```\n", commands.join("\n"));
}

/// Words that Markdown would take for marks.
fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '_' | '<' | '`' | '[' | ']' | '\\') {
            plain.push('\\');
        }
        plain.push(character);
    }
    plain
}

/// Titles begin in lower case unless their first word is a name.
fn sentence(title: &str) -> String {
    let named = ["sshd", "ufw", "fail2ban", "cloud-init", "known_hosts"];
    if named.iter().any(|name| title.starts_with(name)) {
        return title.to_owned();
    }
    let mut characters = title.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn share(prior: f64) -> String {
    if prior < 0.0005 {
        return "less than 0.1 %".into();
    }
    format!("{:.1} %", prior * 100.0)
}

fn place(place: Where) -> &'static str {
    match place {
        Where::Client => "on the client",
        Where::Server => "on the server",
        Where::Provider => "at the provider",
        Where::JumpHost => "on the jump host",
    }
}
