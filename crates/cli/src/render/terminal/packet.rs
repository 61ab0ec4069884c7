//! What becomes of one packet.
//!
//! As with every report the short form fits 24 lines of 80 columns, and the long form holds everything.

use sshdoctor_case::{
    Fact, FirewallReport, PacketAnswer, PacketVerdict, RuleOwnerKind, RuleSetSource, TrailStep,
};

use super::{
    COLUMNS, Charset, evidence,
    next::command_lines,
    page::{Line, Page, Tone, grown, hanging},
    quotation::{Extent, quotation},
    wording,
    wrap::shorten,
};

/// How much room each part is given.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    headline_lines: usize,
    neighbours: bool,
    rule_lines: usize,
    remarks: usize,
    trail: usize,
    undecided: usize,
    read_lines: usize,
    note_lines: usize,
    commands: usize,
    command_lines: Option<usize>,
}

/// Fits whatever the report holds, for one family and for two.
const LEAN: Allowance = Allowance {
    headline_lines: 2,
    neighbours: false,
    rule_lines: 1,
    remarks: 0,
    trail: 0,
    undecided: 0,
    read_lines: 1,
    note_lines: 0,
    commands: 0,
    command_lines: Some(1),
};

/// What is given more room, as long as there is any: the first matters most.
const RAISES: [fn(&mut Allowance); 17] = [
    |allowance| allowance.headline_lines = 3,
    |allowance| allowance.commands = 1,
    |allowance| allowance.note_lines = 1,
    |allowance| allowance.undecided = 1,
    |allowance| allowance.remarks = 2,
    |allowance| allowance.command_lines = Some(3),
    |allowance| allowance.rule_lines = 2,
    |allowance| allowance.neighbours = true,
    |allowance| allowance.undecided = 3,
    |allowance| allowance.commands = 3,
    |allowance| allowance.note_lines = 3,
    |allowance| allowance.read_lines = 2,
    |allowance| allowance.headline_lines = 5,
    |allowance| allowance.trail = 3,
    |allowance| allowance.rule_lines = 4,
    |allowance| allowance.remarks = 4,
    |allowance| allowance.trail = 6,
];

/// At most [`super::LINES`] lines of [`COLUMNS`] columns.
pub(crate) fn short(report: &FirewallReport, charset: Charset) -> Page {
    grown(LEAN, &RAISES, |allowance| {
        compose(report, allowance, charset)
    })
}

fn compose(report: &FirewallReport, allowance: Allowance, charset: Charset) -> Page {
    let mut page = Page::default();
    let headline = &report.report.headline;
    page.extend(hanging(
        "",
        Tone::Strong,
        headline,
        allowance.headline_lines,
        charset,
    ));
    if report.families.is_empty() {
        answer(&mut page, &report.answer, allowance, charset);
    }
    for family in &report.families {
        page.block(hanging(
            label(&family.answer),
            Tone::Strong,
            &family.headline,
            allowance.headline_lines.min(3),
            charset,
        ));
        answer(&mut page, &family.answer, allowance, charset);
    }
    page.block(end(report, allowance, charset));
    page
}

const fn label(answer: &PacketAnswer) -> &'static str {
    match answer.family {
        sshdoctor_case::AddressFamily::Ipv4 => "IPv4: ",
        sshdoctor_case::AddressFamily::Ipv6 => "IPv6: ",
    }
}

fn answer(page: &mut Page, answer: &PacketAnswer, allowance: Allowance, charset: Charset) {
    let mut deciding = Vec::new();
    if let Some(rule) = &answer.rule {
        deciding = quotation(
            rule,
            answer.context.as_ref(),
            Extent {
                neighbours: allowance.neighbours,
                lines: allowance.rule_lines,
            },
            charset,
        );
    }
    for remark in remarks(answer).iter().take(allowance.remarks) {
        deciding.extend(hanging("  ", Tone::Plain, remark, 2, charset));
    }
    page.block(deciding);
    page.block(undecided(answer, allowance.undecided, charset));
    page.block(changes(answer, allowance, charset));
    page.block(trail(answer, allowance.trail, charset));
}

/// What else there is to know about the deciding rule.
fn remarks(answer: &PacketAnswer) -> Vec<String> {
    let mut remarks: Vec<String> = Vec::new();
    if let Some(context) = &answer.context {
        remarks.extend(context.set_entries.iter().map(|entry| {
            let left = entry
                .expires_s
                .map(|seconds| format!(", {} left", wording::seconds(seconds)))
                .unwrap_or_default();
            let comment = entry
                .comment
                .as_ref()
                .map(|comment| format!(" ({comment})"))
                .unwrap_or_default();
            format!("{} is in {}{left}{comment}", entry.value, entry.set)
        }));
    }
    if let Some(without) = &answer.without_rule {
        let verdict = match without.verdict {
            PacketVerdict::Accept => "accepted",
            PacketVerdict::Drop => "dropped",
            PacketVerdict::Reject => "rejected",
            PacketVerdict::Unknown => "not certain",
        };
        remarks.push(format!("Without it, {verdict}: {}", without.decided_by));
    }
    if let Some(owner) = &answer.owner {
        // Of a certain answer the headline says it.
        let is_said = answer.verdict != PacketVerdict::Unknown || answer.rate.is_some();
        if let (Some(setting), false) = (
            &owner.setting,
            is_said || matches!(owner.kind, RuleOwnerKind::Nobody | RuleOwnerKind::Person),
        ) {
            remarks.push(format!("Made by {}: {setting}", owner.name));
        }
        if let (Some(persists), true) = (&owner.persists, answer.verdict != PacketVerdict::Accept) {
            remarks.push(format!("After a reboot: {persists}"));
        }
    }
    if let Some(counters) = answer.rule.as_ref().and_then(|rule| rule.counters) {
        remarks.extend(match counters.packets {
            0 => None,
            1 => Some("It has matched 1 packet".to_owned()),
            packets => Some(format!("It has matched {packets} packets")),
        });
    }
    remarks
}

fn undecided(answer: &PacketAnswer, most: usize, charset: Charset) -> Vec<Line> {
    if answer.verdict != PacketVerdict::Unknown || answer.rate.is_some() || most == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for part in answer.undecided.iter().take(most) {
        let rate = part
            .rate
            .as_ref()
            .map(|rate| format!(" ({rate})"))
            .unwrap_or_default();
        let text = format!("{}{rate}", part.reason);
        lines.extend(hanging("  Not known: ", Tone::Doubt, &text, 2, charset));
        if let Some(rule) = &part.rule {
            let place = format!("{}, {}: {}", rule.table, rule.chain, rule.text);
            let place = shorten(&charset.show(&place), COLUMNS - 13, charset);
            lines.push(Line::of(Tone::Faint, format!("             {place}")));
        }
    }
    lines.extend(more(answer.undecided.len(), most));
    lines
}

fn more(all: usize, shown: usize) -> Option<Line> {
    let hidden = all.saturating_sub(shown);
    (hidden > 0).then(|| Line::of(Tone::Faint, format!("  and {hidden} more (--verbose)")))
}

/// The rules that matched on the way; the deciding one is quoted already.
fn trail(answer: &PacketAnswer, most: usize, charset: Charset) -> Vec<Line> {
    let others: Vec<&TrailStep> = answer
        .trail
        .iter()
        .filter(|step| Some(&step.rule) != answer.rule.as_ref())
        .collect();
    // Calls of chains only lead to what matters.
    let kept: Vec<&TrailStep> = others
        .iter()
        .filter(|step| most == usize::MAX || !is_call(step, &answer.trail))
        .take(most)
        .copied()
        .collect();
    if kept.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::of(Tone::Plain, "  On the way it matched:")];
    for step in &kept {
        let place = match step.rule.number {
            Some(number) => format!("{} {number}", step.rule.chain),
            None => step.rule.chain.clone(),
        };
        let doubt = if step.certain { "" } else { "perhaps " };
        let answering = if step.answering { "answer: " } else { "" };
        let text = format!("{answering}{doubt}{place}: {}", step.rule.text);
        let text = shorten(&charset.show(&text), COLUMNS - 4, charset);
        lines.push(Line::of(Tone::Faint, format!("    {text}")));
    }
    lines.extend(more(others.len(), kept.len()));
    lines
}

/// Whether the rule does nothing but call a chain. A target of iptables in capitals is one only if something matched there.
fn is_call(step: &TrailStep, trail: &[TrailStep]) -> bool {
    let words: Vec<&str> = step.rule.text.split_whitespace().collect();
    words.windows(2).any(|pair| match pair {
        ["jump" | "goto", _] => true,
        ["-j" | "-g", chain] => {
            chain.chars().any(char::is_lowercase)
                || trail.iter().any(|other| other.rule.chain == **chain)
        }
        _ => false,
    })
}

/// What to type to change it.
fn changes(answer: &PacketAnswer, allowance: Allowance, charset: Charset) -> Vec<Line> {
    let mut lines = Vec::new();
    if answer.verdict == PacketVerdict::Accept {
        return lines;
    }
    let mut left = allowance.commands;
    if let Some(owner) = &answer.owner {
        let label = match owner.kind {
            RuleOwnerKind::BanTool => "Lift it:",
            _ => "Change it:",
        };
        for (index, command) in owner.change.iter().enumerate().take(left) {
            let label = if index == 0 { label } else { "" };
            lines.extend(typed(label, command, allowance.command_lines, charset));
        }
        left = left.saturating_sub(owner.change.len());
    }
    let known = answer.owner.as_ref().map(|owner| &owner.change);
    let others = answer
        .insertions
        .iter()
        .filter(|insertion| insertion.together || Some(&insertion.commands) != known);
    for insertion in others.take(left) {
        let which = if insertion.together {
            format!("with the others, {}:", insertion.place)
        } else {
            format!("{}:", insertion.place)
        };
        lines.extend(hanging("Let it in, ", Tone::Plain, &which, 1, charset));
        for command in insertion.commands.iter().take(left) {
            lines.extend(typed("", command, allowance.command_lines, charset));
        }
    }
    lines
}

fn typed(label: &str, command: &str, most: Option<usize>, charset: Charset) -> Vec<Line> {
    const WIDTH: usize = 11;
    let command = charset.show(command);
    let Some(parts) = command_lines(&command, COLUMNS - WIDTH, most) else {
        return vec![Line::of(
            Tone::Plain,
            format!("{label:<WIDTH$}a long command, which --verbose shows whole"),
        )];
    };
    parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| {
            let label = if index == 0 { label } else { "" };
            Line::of(Tone::Plain, format!("{label:<WIDTH$}")).and(Tone::Command, part)
        })
        .collect()
}

/// What was read, and what could not be.
fn end(report: &FirewallReport, allowance: Allowance, charset: Charset) -> Vec<Line> {
    let mut lines = Vec::new();
    for note in &report.report.notes {
        let left = allowance.note_lines - lines.len().min(allowance.note_lines);
        lines.extend(hanging("Note: ", Tone::Doubt, note, left.min(2), charset));
    }
    let read: Vec<&RuleSetSource> = report
        .report
        .evidence
        .iter()
        .filter_map(|seen| match &seen.fact {
            Fact::RuleSet { read } => Some(read),
            _ => None,
        })
        .collect();
    let text = if read.is_empty() {
        "No rules were found.".to_owned()
    } else {
        let sources: Vec<String> = read.iter().map(|read| source(read)).collect();
        format!("Read {}.", sources.join("; "))
    };
    lines.extend(hanging(
        "",
        Tone::Faint,
        &text,
        allowance.read_lines,
        charset,
    ));
    lines
}

fn source(read: &RuleSetSource) -> String {
    if read.rules == 0 && read.problem.is_some() {
        return format!("nothing of {}", read.source);
    }
    let mut text = match read.rules {
        1 => format!("1 rule of {}", read.source),
        rules => format!("{rules} rules of {}", read.source),
    };
    if read.not_understood > 0 {
        text.push_str(&format!(" ({} not understood)", read.not_understood));
    }
    if read.problem.is_some() {
        text.push_str(" (not all of it)");
    }
    text
}

/// Everything, in lines of [`COLUMNS`] columns; only commands are longer where they must be.
pub(crate) fn full(report: &FirewallReport, charset: Charset) -> Page {
    const UNLIMITED: usize = usize::MAX;
    let everything = Allowance {
        headline_lines: UNLIMITED,
        neighbours: true,
        rule_lines: UNLIMITED,
        remarks: UNLIMITED,
        trail: UNLIMITED,
        undecided: UNLIMITED,
        read_lines: UNLIMITED,
        note_lines: UNLIMITED,
        commands: UNLIMITED,
        command_lines: None,
    };
    let mut page = compose(report, everything, charset);
    for cause in &report.report.causes {
        page.block(super::full::candidate(cause, charset));
    }
    evidence::list(&mut page, &report.report, charset);
    page
}
