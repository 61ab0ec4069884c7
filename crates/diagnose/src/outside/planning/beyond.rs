//! Beyond the machine aimed at: other vantage points, the next links of a chain, the person's own `ssh`.

use sshdoctor_case::{Case, Fact, KexOutcome, PortRole, Question, ViaOutcome};

use super::budget::budget_left;
use super::{Progressing, Wanted};
use crate::outside::aim::{self, Aim};
use crate::outside::attempt::Progress;
use crate::outside::focus::Fates;

/// Beyond the machine aimed at: other vantage points, the next links of a chain, a login.
pub(super) fn beyond(case: &Case, aim: &Aim, under_way: &Progressing, wanted: &mut Vec<Wanted>) {
    let Some(config) = aim::config(case) else {
        return;
    };
    for jump in &case.settings.via {
        wanted.push(Wanted::new(
            via(jump, &config.host_name, config.port),
            8000,
            format!("asking {jump} to look as well"),
        ));
    }
    let fates = Fates::of(case, aim);
    let open = fates
        .decisive()
        .filter(|(_, attempt)| attempt.progress() == Progress::Open);
    let Some((address, _)) = open else {
        return;
    };
    if aim.jump.is_some() {
        links(case, wanted);
        return;
    }
    if larger_packets(case) && !case.settings.login && budget_left(case, aim, under_way) > 0 {
        wanted.push(Wanted::new(
            Question::OwnKeyExchange { to: *address },
            2600,
            "your own ssh exchanges keys, with larger packets than this probe",
        ));
    }
    if case.settings.login {
        wanted.push(login());
    }
}

/// The person's `ssh` would agree on a post-quantum method that this probe lacks: its packets exceed a kilobyte, and a path
/// with an MTU hole lets only smaller ones through.
fn larger_packets(case: &Case) -> bool {
    case.observations.iter().any(|o| match &o.fact {
        Fact::KeyExchange {
            role: PortRole::Target,
            outcome: KexOutcome::Completed { method },
            server_offer: Some(server),
            client_offer: Some(client),
            ..
        } => client
            .kex
            .iter()
            .find(|own| server.kex.contains(own))
            .is_some_and(|agreed| agreed != method && is_post_quantum(agreed.as_str())),
        _ => false,
    })
}

fn is_post_quantum(method: &str) -> bool {
    method.starts_with("sntrup") || method.starts_with("mlkem")
}

/// The links after the first jump host, each asked through those before it.
fn links(case: &Case, wanted: &mut Vec<Wanted>) {
    let jumps = aim::jumps(case);
    for (index, _) in jumps.iter().enumerate() {
        let through = jumps[..=index].join(",");
        let Some((host, port)) = next_link(case, index) else {
            return;
        };
        wanted.push(Wanted::new(
            via(&through, &host, port),
            8000,
            format!("asking {through} for {host} port {port}"),
        ));
        if !link_works(case, &through) {
            return;
        }
    }
    if case.settings.login {
        wanted.push(login());
    }
}

/// Host and port that the jump host at `index` has to reach.
fn next_link(case: &Case, index: usize) -> Option<(String, u16)> {
    let jumps = aim::jumps(case);
    let Some(next) = jumps.get(index + 1) else {
        let config = aim::config(case)?;
        return Some((config.host_name.clone(), config.port));
    };
    let config = aim::jump_config(case, next)?;
    Some((config.host_name.clone(), config.port))
}

fn link_works(case: &Case, through: &str) -> bool {
    matches!(
        aim::link(case, through),
        Some((_, ViaOutcome::Answered { .. }))
    )
}

fn login() -> Wanted {
    Wanted::new(Question::Login, 9000, "your own ssh is logging in")
}

fn via(jump: &str, host: &str, port: u16) -> Question {
    Question::Via {
        jump: jump.to_owned(),
        host: host.to_owned(),
        port,
    }
}
