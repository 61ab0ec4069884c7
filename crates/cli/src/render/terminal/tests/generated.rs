//! The promise of 24 lines by 80 columns, against whatever a report may hold.

use std::net::IpAddr;

use proptest::{collection::vec, option, prelude::*, sample::select};
use sshdoctor_case::{
    BothEnds, Candidate, Contradiction, Later, NextStep, Outcome, Quotation, Report, RuledOut,
    StageState, Where,
};

use super::{Charset, LINES, Page, assert_fits, both, full, samples, server, short};

type Form = fn(&Report, Charset) -> Page;

/// The short form and the long one of what the client's end, a server and both ends show.
const FORMS: [(Form, Form); 3] = [
    (short, full),
    (server::short, server::full),
    (both::short, both::full),
];

/// Short and long, narrow and wide, with and without spaces, printable or not.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{1,12}( [a-z]{1,12}){0,40}",
        "[a-z.-]{1,255}",
        "\\PC{0,300}",
        ".{0,80}",
        "[日本語🔒é]{1,150}",
        "([a-z-]{1,20} ){0,60}[\u{301}\u{202e}\u{1b}]{0,5}",
    ]
}

fn quotation() -> impl Strategy<Value = Quotation> {
    let mark = option::of((0..200_usize, 0..200_usize));
    (text(), option::of(any::<u32>()), text(), mark, text()).prop_map(
        |(source, line, text, mark, label)| Quotation {
            source,
            line,
            text,
            mark,
            label,
        },
    )
}

prop_compose! {
    fn cause()(
        (summary, because) in (text(), text()),
        probability in 0.0..=1.0_f64,
        chain in vec(text(), 0..8),
        quotation in option::of(quotation()),
    ) -> Candidate {
        Candidate {
            summary,
            because,
            probability,
            chain,
            quotation,
            ..samples::refused().causes[0].clone()
        }
    }
}

fn later() -> impl Strategy<Value = Later> {
    (text(), text()).prop_map(|(summary, command)| Later {
        id: "id".into(),
        summary,
        command,
        evidence: Vec::new(),
    })
}

prop_compose! {
    fn both_ends()(
        contradictions in vec(text(), 0..6),
        server_at in -9_000_000_000_i64..9_000_000_000,
    ) -> BothEnds {
        BothEnds {
            client_at: jiff::Timestamp::UNIX_EPOCH,
            server_at: jiff::Timestamp::from_second(server_at).unwrap(),
            client_outcome: Outcome::TimedOut,
            server_outcome: Outcome::Open,
            contradictions: contradictions
                .into_iter()
                .map(|summary| Contradiction { summary, evidence: Vec::new() })
                .collect(),
        }
    }
}

fn step() -> impl Strategy<Value = NextStep> {
    let place = select(vec![
        Where::Client,
        Where::Server,
        Where::Provider,
        Where::JumpHost,
    ]);
    (text(), text(), place).prop_map(|(summary, command, place)| NextStep {
        summary,
        command,
        place,
    })
}

fn ruled_out() -> impl Strategy<Value = RuledOut> {
    (text(), text()).prop_map(|(summary, because)| RuledOut {
        id: "id".into(),
        summary,
        because,
        evidence: Vec::new(),
    })
}

fn state() -> impl Strategy<Value = StageState> {
    select(vec![
        StageState::Passed,
        StageState::Stopped,
        StageState::Unknown,
        StageState::NotReached,
    ])
}

prop_compose! {
    fn report()(
        (headline, host) in (text(), text()),
        addresses in vec(any::<IpAddr>(), 0..20),
        states in vec((state(), text()), 11),
        causes in vec(cause(), 0..30),
        ruled_out in vec(ruled_out(), 0..20),
        next in vec(step(), 0..6),
        (then, later) in (vec(cause(), 0..6), vec(later(), 0..8)),
        both_ends in both_ends(),
        notes in vec(text(), 0..10),
        ssh_port_connections in any::<u32>(),
        port in any::<u16>(),
    ) -> Report {
        let mut report = samples::refused();
        report.headline = headline;
        report.target.host = host;
        report.target.addresses = addresses;
        report.target.port = port;
        for (finding, (state, summary)) in report.stages.iter_mut().zip(states) {
            finding.state = state;
            finding.summary = summary;
        }
        let both_ends = Some(both_ends);
        Report { causes, then, later, both_ends, ruled_out, next, notes, ssh_port_connections, ..report }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_short_form_fits_whatever_the_report_holds(
        report in report(),
        (short, full) in select(FORMS.to_vec()),
    ) {
        for charset in [Charset::Unicode, Charset::Ascii] {
            let text = short(&report, charset).plain();
            assert_fits(&text, LINES);
            if charset == Charset::Ascii {
                prop_assert!(text.is_ascii());
            }
            let _ = full(&report, charset).styled();
        }
    }
}
