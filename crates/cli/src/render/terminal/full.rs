//! The long form: every stage, cause, remedy and piece of evidence.

use sshdoctor_case::{Candidate, Report, StageState};

use super::{
    Charset, causes, evidence, next,
    page::{Line, Page, Tone, hanging},
    path, wording,
};

const UNLIMITED: usize = usize::MAX;

/// Everything, in lines of [`super::COLUMNS`] columns; only commands are longer where they must be.
pub(crate) fn full(report: &Report, charset: Charset) -> Page {
    let mut page = opening(report, charset);
    stages(&mut page, report, charset);
    for cause in &report.causes {
        page.block(candidate(cause, charset));
    }
    page.block(causes::ruled_out(report, UNLIMITED, charset));
    page.block(next::steps(report, UNLIMITED, None, UNLIMITED, charset));
    let notes = report
        .notes
        .iter()
        .flat_map(|note| hanging("Note: ", Tone::Plain, note, UNLIMITED, charset));
    page.block(notes.collect());
    evidence::list(&mut page, report, charset);
    if report.command == "explain" {
        return page;
    }
    let connections = usize::try_from(report.ssh_port_connections).unwrap_or(usize::MAX);
    page.block(vec![Line::of(
        Tone::Faint,
        format!(
            "({} made to port {})",
            wording::count(connections, "connection", "connections"),
            report.target.port
        ),
    )]);
    page
}

/// The whole answer, and the way.
pub(super) fn opening(report: &Report, charset: Charset) -> Page {
    let mut page = Page::default();
    page.extend(hanging(
        "",
        Tone::Strong,
        &report.headline,
        UNLIMITED,
        charset,
    ));
    let mut way = path::picture(report, charset);
    way.extend(path::addresses(report, charset));
    page.block(way);
    page
}

pub(super) fn stages(page: &mut Page, report: &Report, charset: Charset) {
    page.block(vec![Line::of(Tone::Strong, "Stages")]);
    for finding in &report.stages {
        let (word, tone) = match finding.state {
            StageState::Passed => ("passed", Tone::Good),
            StageState::Stopped => ("stopped", Tone::Bad),
            StageState::Unknown => ("unknown", Tone::Doubt),
            StageState::NotReached => ("not reached", Tone::Faint),
        };
        let label = format!("  {:<18}{word:<13}", wording::stage(finding.stage));
        let text = format!("{}{}", finding.summary, cited(&finding.evidence));
        let lines = hanging(&label, Tone::Plain, &text, UNLIMITED, charset);
        if lines.is_empty() {
            page.push(Line::of(tone, label.trim_end()));
        }
        page.extend(lines);
    }
}

/// A cause with how to confirm and to mend it.
pub(super) fn candidate(cause: &Candidate, charset: Charset) -> Vec<Line> {
    let odds = format!("{:>4}  ", wording::percent(cause.probability));
    let title = format!("{} [{}]", cause.summary, cause.id);
    let mut lines = hanging(&odds, Tone::Strong, &title, UNLIMITED, charset);
    let because = format!("{}{}", cause.because, cited(&cause.evidence));
    lines.extend(hanging(
        "      why:     ",
        Tone::Plain,
        &because,
        UNLIMITED,
        charset,
    ));
    for (index, command) in cause.confirm.iter().enumerate() {
        let label = if index == 0 { "confirm:" } else { "" };
        lines.push(typed(label, command, charset));
    }
    lines.extend(without_systemd(&cause.confirm_without_systemd, charset));
    lines.extend(hanging(
        "      remedy:  ",
        Tone::Plain,
        &cause.remedy.summary,
        UNLIMITED,
        charset,
    ));
    for command in &cause.remedy.commands {
        lines.push(typed("", command, charset));
    }
    lines.extend(without_systemd(
        &cause.remedy.commands_without_systemd,
        charset,
    ));
    lines.extend(hanging(
        "      not:     ",
        Tone::Plain,
        &cause.remedy.avoid,
        UNLIMITED,
        charset,
    ));
    lines
}

fn without_systemd(commands: &[String], charset: Charset) -> Vec<Line> {
    let mut lines = Vec::new();
    if !commands.is_empty() {
        lines.push(Line::of(Tone::Faint, "               without systemd:"));
        lines.extend(commands.iter().map(|command| typed("", command, charset)));
    }
    lines
}

fn typed(label: &str, command: &str, charset: Charset) -> Line {
    Line::of(Tone::Plain, format!("      {label:<9}")).and(Tone::Command, charset.show(command))
}

fn cited(evidence: &[String]) -> String {
    if evidence.is_empty() {
        String::new()
    } else {
        format!(" ({})", evidence.join(", "))
    }
}
