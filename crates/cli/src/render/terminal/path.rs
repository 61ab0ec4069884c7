//! The picture of the path: what the connection met, up to where it stops.

use sshdoctor_case::{ConnectOutcome, Fact, PortRole, Report, Stage, StageState};

use super::{
    COLUMNS, Charset,
    page::{Line, Tone},
    wording,
    wrap::{columns, shorten},
};

/// A station of the picture. Key exchange and host key share one, and so do login and session.
#[derive(Debug, Clone, Copy)]
struct Station {
    label: &'static str,
    state: StageState,
}

/// How much is said when the width is short; each step saves more.
#[derive(Debug, Clone, Copy)]
struct Style {
    long_keys: bool,
    merge_firewalls: bool,
    short_firewall: bool,
    long_connectors: bool,
}

const STYLES: [Style; 6] = [
    style(true, false, false, true),
    style(false, false, false, true),
    style(true, true, false, true),
    style(false, true, false, true),
    style(false, true, true, true),
    style(false, true, true, false),
];

const fn style(
    long_keys: bool,
    merge_firewalls: bool,
    short_firewall: bool,
    long_connectors: bool,
) -> Style {
    Style {
        long_keys,
        merge_firewalls,
        short_firewall,
        long_connectors,
    }
}

/// The picture: one line, or two in ASCII.
pub(super) fn picture(report: &Report, charset: Charset) -> Vec<Line> {
    match charset {
        Charset::Unicode => STYLES
            .iter()
            .map(|style| drawn(&stations(report, *style), *style))
            .find(|line| line.columns() <= COLUMNS)
            .into_iter()
            .collect(),
        Charset::Ascii => tokens(&stations(report, STYLES[0])),
    }
}

/// The picture of what a server shows: from its address to the login.
pub(super) fn picture_of_server(report: &Report, charset: Charset) -> Vec<Line> {
    let station = |label, stage| Station {
        label,
        state: state(report, stage),
    };
    let stations = [
        station("address", Stage::Route),
        station("firewall", Stage::HostFirewall),
        station("listener", Stage::Listener),
        station("banner", Stage::Banner),
        station("key exchange", Stage::KeyExchange),
        pair(
            report,
            "login",
            Stage::Authentication,
            ("login", Stage::Session),
            "session",
        ),
    ];
    match charset {
        Charset::Unicode => vec![drawn(&stations, STYLES[0])],
        Charset::Ascii => tokens(&stations),
    }
}

fn state(report: &Report, stage: Stage) -> StageState {
    let finding = report.finding(stage);
    finding.map_or(StageState::NotReached, |finding| finding.state)
}

fn stations(report: &Report, style: Style) -> Vec<Station> {
    let single = |label, stage| Station {
        label,
        state: state(report, stage),
    };
    let keys = if style.long_keys {
        "key exchange"
    } else {
        "keys"
    };
    let mut stations = vec![
        single("you", Stage::Client),
        single("name", Stage::Name),
        single("route", Stage::Route),
    ];
    let network = state(report, Stage::NetworkFirewall);
    let host = state(report, Stage::HostFirewall);
    let same = network == host && matches!(network, StageState::Passed | StageState::NotReached);
    if style.merge_firewalls && same {
        stations.push(single("firewalls", Stage::HostFirewall));
    } else {
        let label = if style.short_firewall {
            "net fw"
        } else {
            "network fw"
        };
        stations.push(single(label, Stage::NetworkFirewall));
        stations.push(single("host fw", Stage::HostFirewall));
    }
    stations.push(single("listener", Stage::Listener));
    stations.push(single("banner", Stage::Banner));
    stations.push(pair(
        report,
        keys,
        Stage::KeyExchange,
        (keys, Stage::HostKey),
        "host key",
    ));
    stations.push(pair(
        report,
        "login",
        Stage::Authentication,
        ("login", Stage::Session),
        "session",
    ));
    stations
}

/// Two stages in one station: the one that stops names it; passing the first is passing until the second objects.
fn pair(
    report: &Report,
    first_label: &'static str,
    first: Stage,
    (label, second): (&'static str, Stage),
    second_label: &'static str,
) -> Station {
    use StageState::{NotReached, Passed, Stopped, Unknown};
    match (state(report, first), state(report, second)) {
        (Stopped, _) => Station {
            label: first_label,
            state: Stopped,
        },
        (_, Stopped) => Station {
            label: second_label,
            state: Stopped,
        },
        (Unknown, _) | (_, Unknown) => Station {
            label,
            state: Unknown,
        },
        (Passed, _) => Station {
            label,
            state: Passed,
        },
        (NotReached, _) => Station {
            label,
            state: NotReached,
        },
    }
}

const fn tone(state: StageState) -> Tone {
    match state {
        StageState::Passed => Tone::Good,
        StageState::Stopped => Tone::Bad,
        StageState::Unknown => Tone::Doubt,
        StageState::NotReached => Tone::Faint,
    }
}

fn drawn(stations: &[Station], style: Style) -> Line {
    let mut line = Line::of(Tone::Plain, "  ");
    for (index, station) in stations.iter().enumerate() {
        let tone = tone(station.state);
        let connector = match (station.state, style.long_connectors) {
            (StageState::Passed, true) => " ── ",
            (StageState::Passed, false) => " ─ ",
            (StageState::Stopped, true) => " ─✗ ",
            (StageState::Stopped, false) => " ✗ ",
            (StageState::Unknown, true) => " ─? ",
            (StageState::Unknown, false) => " ? ",
            (StageState::NotReached, _) => " · ",
        };
        line = match (index, station.state) {
            (0, StageState::Stopped) => line.and(tone, "✗ "),
            (0, _) => line,
            _ => line.and(tone, connector),
        };
        line = line.and(tone, station.label);
    }
    line
}

fn tokens(stations: &[Station]) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    for station in stations {
        let mark = match station.state {
            StageState::Passed => "[ok]",
            StageState::Stopped => "[XX]",
            StageState::Unknown => "[??]",
            StageState::NotReached => "[..]",
        };
        let token = format!("{mark} {}", station.label);
        let used = lines.last().map_or(0, Line::columns);
        if used + 2 + columns(&token) > COLUMNS {
            lines.push(Line::default());
        }
        if let Some(line) = lines.last_mut() {
            *line = std::mem::take(line)
                .and(Tone::Plain, "  ")
                .and(tone(station.state), token);
        }
    }
    lines
}

/// The name, what it means, and how long the target took to answer.
pub(super) fn addresses(report: &Report, charset: Charset) -> Option<Line> {
    let addresses = &report.target.addresses;
    let first = addresses.first()?.to_string();
    let mut text = String::new();
    if report.target.host != first {
        let host = shorten(&charset.show(&report.target.host), 44, charset);
        text = format!("{host} {} ", charset.arrow());
    }
    for (index, address) in addresses.iter().enumerate() {
        let more = addresses.len() - index;
        let part = match answered_after(report, *address) {
            Some(milliseconds) => format!("{address} ({})", wording::duration(milliseconds)),
            None => address.to_string(),
        };
        let separator = if index == 0 { "" } else { ", " };
        let room = COLUMNS - INDENT - columns(" and 999 more");
        if index > 0 && columns(&text) + columns(separator) + columns(&part) > room {
            text += &format!(" and {more} more");
            break;
        }
        text += separator;
        text += &part;
    }
    let text = shorten(&text, COLUMNS - INDENT, charset);
    Some(Line::of(Tone::Plain, " ".repeat(INDENT)).and(Tone::Faint, text))
}

/// Where the picture says `name`.
const INDENT: usize = 9;

fn answered_after(report: &Report, address: std::net::IpAddr) -> Option<f64> {
    report.evidence.iter().find_map(|seen| match &seen.fact {
        Fact::TcpConnect {
            to,
            role: PortRole::Target,
            outcome,
            ..
        } if to.ip() == address
            && !matches!(
                outcome,
                ConnectOutcome::Silent | ConnectOutcome::Local { .. }
            ) =>
        {
            Some(seen.elapsed_ms)
        }
        _ => None,
    })
}

/// What is said of the stages where the connection stops or may stop.
pub(super) fn remarks(report: &Report, most: usize, charset: Charset) -> Vec<Line> {
    if most == 0 {
        return Vec::new();
    }
    let stopped = report
        .stopped()
        .filter(|finding| !finding.summary.is_empty());
    stopped.map_or_else(Vec::new, |finding| {
        let label = format!("  {}: ", wording::stage(finding.stage));
        super::page::hanging(&label, Tone::Plain, &finding.summary, most, charset)
    })
}
