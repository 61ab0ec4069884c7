mod generated;
mod packets;
mod samples;

use super::*;
use sshdoctor_case::{Outcome, Report, Stage, StageState};

fn shown(report: &Report, charset: Charset) -> String {
    short(report, charset).plain()
}

fn assert_fits(text: &str, lines: usize) {
    assert!(text.lines().count() <= lines, "too long:\n{text}");
    for line in text.lines() {
        assert!(wrap::columns(line) <= COLUMNS, "too wide: {line:?}");
    }
}

#[test]
fn a_refused_connection() {
    insta::assert_snapshot!(shown(&samples::refused(), Charset::Unicode));
    insta::assert_snapshot!("refused_ascii", shown(&samples::refused(), Charset::Ascii));
    insta::assert_snapshot!(
        "refused_full",
        full(&samples::refused(), Charset::Unicode).plain()
    );
}

#[test]
fn an_open_way() {
    insta::assert_snapshot!(shown(&samples::open(), Charset::Unicode));
}

#[test]
fn colour_only_repeats_what_the_words_say() {
    let report = samples::refused();
    let page = short(&report, Charset::Unicode);
    let stripped = anstream::adapter::strip_str(&page.styled()).to_string();
    assert_eq!(stripped, page.plain());
    assert_ne!(page.styled(), page.plain());
}

#[test]
fn every_combination_of_states_is_drawn_within_the_width() {
    // An unknown stage is drawn as wide as a stopped one.
    let states = [
        StageState::Passed,
        StageState::Stopped,
        StageState::NotReached,
    ];
    let mut report = samples::open();
    for number in 0..states.len().pow(9) {
        // Two of the eleven stages share a station with another one, which only decides its label.
        for (index, finding) in report.stages.iter_mut().enumerate() {
            let digit = match finding.stage {
                Stage::HostKey | Stage::Session => index - 1,
                _ => index,
            };
            let digit = digit - usize::from(digit > 7);
            finding.state = states
                [number / states.len().pow(u32::try_from(digit.min(8)).unwrap()) % states.len()];
        }
        let lines = path::picture(&report, Charset::Unicode);
        assert_eq!(lines.len(), 1, "{:?}", report.stages);
        assert!(lines[0].columns() <= COLUMNS);
    }
}

#[test]
fn a_long_command_is_never_cut() {
    let mut report = samples::refused();
    let word = "long-option=value ".repeat(9);
    report.next[0].command = format!("sshdoctor here {}", word.trim_end());
    let text = shown(&report, Charset::Unicode);
    assert_fits(&text, LINES);
    let typed: String = text
        .lines()
        .skip_while(|line| !line.starts_with("Next"))
        .skip(1)
        .take_while(|line| line.starts_with("    "))
        .map(|line| line.trim().trim_end_matches('\\'))
        .collect();
    assert!(typed.starts_with(&report.next[0].command), "{text}");

    report.next[0].command = "x".repeat(300);
    let text = shown(&report, Charset::Unicode);
    assert!(text.contains("--verbose shows whole"), "{text}");
    assert!(
        full(&report, Charset::Unicode)
            .plain()
            .contains(&report.next[0].command)
    );
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let mut report = samples::refused();
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}\r\nweb1\u{301}";
    report.headline = hostile.into();
    report.target.host = hostile.into();
    report.causes[0].because = hostile.into();
    report.next[0].command = hostile.into();
    report.evidence[0].summary = hostile.into();
    report.evidence[0].vantage.0 = hostile.into();
    for page in [
        short(&report, Charset::Unicode),
        full(&report, Charset::Unicode),
    ] {
        let text = page.plain();
        assert!(
            text.chars()
                .all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}' && c != '\u{301}')),
            "{text:?}"
        );
    }
}

#[test]
fn the_outcome_open_is_short() {
    assert!(shown(&samples::open(), Charset::Unicode).lines().count() <= 8);
    assert_eq!(samples::open().outcome, Outcome::Open);
}
