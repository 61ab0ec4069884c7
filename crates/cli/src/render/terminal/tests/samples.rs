//! Reports made by hand.

use sshdoctor_case::{
    Candidate, ConnectOutcome, Evidence, Fact, NextStep, Outcome, PortRole, REPORT_SCHEMA, Refusal,
    Remedy, Report, RuledOut, Stage, StageFinding, StageState, TargetSummary, Vantage, Where,
};

fn stages(summary: &str, state: impl Fn(Stage) -> StageState) -> Vec<StageFinding> {
    Stage::ALL
        .into_iter()
        .map(|stage| StageFinding {
            stage,
            state: state(stage),
            summary: if state(stage) == StageState::Stopped {
                summary.into()
            } else {
                String::new()
            },
            evidence: Vec::new(),
        })
        .collect()
}

fn connect(outcome: ConnectOutcome) -> Evidence {
    Evidence {
        id: "e4".into(),
        vantage: Vantage::client(),
        at_ms: 12.3,
        elapsed_ms: 31.2,
        summary: "port 22 of 203.0.113.9: refused by a reset".into(),
        fact: Fact::TcpConnect {
            to: "203.0.113.9:22".parse().unwrap(),
            role: PortRole::Target,
            from: None,
            outcome,
        },
    }
}

fn cause(id: &str, probability: f64, summary: &str, because: &str) -> Candidate {
    Candidate {
        id: id.into(),
        probability,
        summary: summary.into(),
        because: because.into(),
        chain: Vec::new(),
        quotation: None,
        evidence: vec!["e4".into()],
        confirm: vec!["systemctl status ssh".into()],
        confirm_without_systemd: vec!["service ssh status".into()],
        remedy: Remedy {
            summary: "Start the service.".into(),
            commands: vec!["systemctl enable --now ssh".into()],
            commands_without_systemd: vec!["service ssh start".into()],
            avoid: "Do not flush the rule set while you are locked out.".into(),
        },
    }
}

fn step(place: Where, command: &str, summary: &str) -> NextStep {
    NextStep {
        summary: summary.into(),
        command: command.into(),
        place,
    }
}

pub(super) fn refused() -> Report {
    Report {
        schema: REPORT_SCHEMA.into(),
        command: "check".into(),
        headline: "web1 refuses SSH on port 22: most likely sshd is not running there.".into(),
        target: TargetSummary {
            given: "web1".into(),
            host: "web1.example.net".into(),
            port: 22,
            user: Some("me".into()),
            addresses: vec![
                "203.0.113.9".parse().unwrap(),
                "2001:db8::9".parse().unwrap(),
            ],
        },
        outcome: Outcome::Refused,
        both_ends: None,
        stages: stages("203.0.113.9 answers with a reset", |stage| match stage {
            Stage::Client | Stage::Name | Stage::Route => StageState::Passed,
            Stage::NetworkFirewall | Stage::HostFirewall => StageState::Unknown,
            Stage::Listener => StageState::Stopped,
            _ => StageState::NotReached,
        }),
        causes: vec![
            cause(
                "sshd-stopped",
                0.64,
                "sshd is not running",
                "the host itself sent the reset (TTL 57, as its port 443)",
            ),
            cause(
                "port-changed",
                0.22,
                "sshd listens on another port",
                "not on 2222 or 22022, which your known_hosts remembers for other hosts",
            ),
            cause(
                "bound-loopback",
                0.09,
                "bound to loopback only",
                "cannot be told apart from outside",
            ),
            cause(
                "host-reject-reset",
                0.045,
                "firewall answers with reset",
                "cannot be told apart from outside",
            ),
        ],
        then: Vec::new(),
        later: Vec::new(),
        ruled_out: vec![
            RuledOut {
                id: "source-ban".into(),
                summary: "a ban of your address".into(),
                because: "jump1 is refused too".into(),
                evidence: vec!["e7".into()],
            },
            RuledOut {
                id: "wrong-address".into(),
                summary: "a wrong address".into(),
                because: "the certificate on 443 names it".into(),
                evidence: vec!["e8".into()],
            },
        ],
        next: vec![
            step(
                Where::Server,
                "sshdoctor here --from 198.51.100.7 --port 22",
                "It says which of these it is.",
            ),
            step(
                Where::Server,
                "systemctl status ssh; sshd -t; ss -tlnp | grep ssh",
                "The same by hand.",
            ),
        ],
        notes: vec!["The name server 192.0.2.53 does not answer.".into()],
        ssh_port_connections: 0,
        evidence: vec![connect(ConnectOutcome::Refused { by: Refusal::Reset })],
    }
}

pub(super) fn open() -> Report {
    Report {
        headline:
            "web1 lets you in as far as the login: port 22 answers as SSH with the key you know."
                .into(),
        outcome: Outcome::Open,
        stages: stages("", |stage| match stage {
            Stage::Authentication | Stage::Session => StageState::NotReached,
            _ => StageState::Passed,
        }),
        causes: Vec::new(),
        then: Vec::new(),
        later: Vec::new(),
        ruled_out: Vec::new(),
        next: Vec::new(),
        notes: Vec::new(),
        ssh_port_connections: 1,
        evidence: vec![connect(ConnectOutcome::Connected)],
        ..refused()
    }
}
