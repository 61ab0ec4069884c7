//! The manual page of a cause, and the list of all.

use sshdoctor_case::{CausePage, CausePages, Stage};

use super::{
    COLUMNS, Charset,
    next::command_lines,
    page::{Line, Page, Tone, hanging},
    wording,
    wrap::columns,
};

const UNLIMITED: usize = usize::MAX;

/// Indent of everything below a heading.
const INDENT: &str = "  ";

/// The page, in lines of [`COLUMNS`] columns; only commands that no shell would let break are longer.
pub(crate) fn page(cause: &CausePage, charset: Charset) -> Page {
    let mut page = Page::default();
    let title = format!("{} [{}]", cause.title, cause.id);
    page.extend(hanging("", Tone::Strong, &title, UNLIMITED, charset));
    let place = format!(
        "Stops the connection at: {}. Of all lockouts: {}, before anything was seen.",
        wording::stage(cause.stage),
        wording::percent(cause.prior)
    );
    page.extend(hanging("", Tone::Faint, &place, UNLIMITED, charset));
    said(&mut page, "What it is", &cause.what, charset);
    said(&mut page, "From the client", &cause.client_looks, charset);
    said(&mut page, "On the server", &cause.server_looks, charset);
    let mut confirm = vec![heading("How to be sure")];
    confirm.extend(typed(&cause.confirm, charset));
    confirm.extend(otherwise(
        "Without systemd",
        &cause.confirm_without_systemd,
        charset,
    ));
    page.block(confirm);
    page.block(remedy(cause, charset));
    said(&mut page, "What not to do", &cause.remedy.avoid, charset);
    said(
        &mut page,
        "How to stop it coming back",
        &cause.lasting,
        charset,
    );
    let mut proved = vec![heading("What proves it")];
    if cause.scenarios.is_empty() {
        proved.extend(text("No scenario of the lab builds this one.", charset));
    }
    let names: Vec<String> = cause
        .scenarios
        .iter()
        .map(|name| format!("lab {name}"))
        .collect();
    proved.extend(typed(&names, charset));
    page.block(proved);
    page
}

fn remedy(cause: &CausePage, charset: Charset) -> Vec<Line> {
    let mut lines = vec![heading(&format!(
        "What to do, {}",
        wording::place_by_name(cause.place)
    ))];
    lines.extend(text(&cause.remedy.summary, charset));
    lines.extend(typed(&cause.remedy.commands, charset));
    lines.extend(otherwise(
        "Without systemd",
        &cause.remedy.commands_without_systemd,
        charset,
    ));
    for remedy in &cause.by_distribution {
        lines.extend(otherwise(&remedy.names, &remedy.commands, charset));
    }
    lines
}

/// Every cause in one line, stage by stage, the commonest first.
pub(crate) fn list(pages: &CausePages, charset: Charset) -> Page {
    let mut page = Page::default();
    let widest = pages
        .causes
        .iter()
        .map(|cause| columns(&cause.id))
        .max()
        .unwrap_or(0);
    for stage in Stage::ALL {
        let mut of_stage: Vec<&CausePage> = pages
            .causes
            .iter()
            .filter(|cause| cause.stage == stage)
            .collect();
        if of_stage.is_empty() {
            continue;
        }
        of_stage.sort_by(|a, b| b.prior.total_cmp(&a.prior).then(a.id.cmp(&b.id)));
        let mut lines = vec![heading(wording::stage(stage))];
        lines.extend(of_stage.into_iter().flat_map(|cause| {
            let label = format!("{INDENT}{:<widest$}  ", cause.id);
            hanging(&label, Tone::Plain, &cause.title, UNLIMITED, charset)
        }));
        page.block(lines);
    }
    page.block(vec![Line::of(
        Tone::Faint,
        "(sshdoctor explain CAUSE prints the page of one)",
    )]);
    page
}

fn heading(words: &str) -> Line {
    Line::of(Tone::Strong, words)
}

fn text(words: &str, charset: Charset) -> Vec<Line> {
    hanging(INDENT, Tone::Plain, words, UNLIMITED, charset)
}

fn said(page: &mut Page, title: &str, words: &str, charset: Charset) {
    let mut lines = vec![heading(title)];
    lines.extend(text(words, charset));
    page.block(lines);
}

fn otherwise(label: &str, commands: &[String], charset: Charset) -> Vec<Line> {
    if commands.is_empty() {
        return Vec::new();
    }
    let mut lines = hanging(
        INDENT,
        Tone::Faint,
        &format!("{label}:"),
        UNLIMITED,
        charset,
    );
    lines.extend(typed(commands, charset));
    lines
}

fn typed(commands: &[String], charset: Charset) -> Vec<Line> {
    let indent = INDENT.repeat(2);
    let width = COLUMNS - indent.len();
    commands
        .iter()
        .flat_map(|command| {
            let shown = charset.show(command);
            command_lines(&shown, width, Some(UNLIMITED)).unwrap_or_else(|| vec![shown])
        })
        .map(|part| Line::of(Tone::Plain, indent.clone()).and(Tone::Command, part))
        .collect()
}
