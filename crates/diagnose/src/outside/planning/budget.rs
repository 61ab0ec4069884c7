//! The target's port, within the budget of completed connections.

use std::net::SocketAddr;

use sshdoctor_case::{Approach, Case, ConnectOutcome, Depth, Fact, PortRole, Question};

use super::{Progressing, Wanted};
use crate::outside::aim::Aim;

/// The target's port at every address, as far as the budget of completed connections allows.
pub(super) fn targets(case: &Case, aim: &Aim, under_way: &Progressing, wanted: &mut Vec<Wanted>) {
    let mut free = budget_left(case, aim, under_way);
    for address in aim.addresses.iter().chain(&aim.other_family) {
        let to = aim.socket(*address);
        let asked = under_way.target_asked.iter().any(|(asked, _)| *asked == to);
        if !asked && free == 0 {
            break;
        }
        if !asked {
            free -= 1;
        }
        wanted.push(Wanted::new(
            Question::Approach {
                approach: target(to, None),
            },
            4500,
            format!(
                "no answer yet from {address} port {}; a lost packet is sent again after 1 and 3 seconds",
                aim.port
            ),
        ));
    }
}

/// Connections that may still complete without exceeding the budget.
pub(super) fn budget_left(case: &Case, aim: &Aim, under_way: &Progressing) -> u32 {
    case.settings
        .connection_budget
        .saturating_sub(completed_connections(case, aim))
        .saturating_sub(under_way.target_under_way)
}

/// Completed connections to the target's port so far.
pub(crate) fn completed_connections(case: &Case, aim: &Aim) -> u32 {
    let completed = case
        .observations
        .iter()
        .filter(|o| match &o.fact {
            Fact::TcpConnect {
                to,
                outcome: ConnectOutcome::Connected,
                ..
            } => {
                to.port() == aim.port
                    && (aim.addresses.contains(&to.ip()) || aim.other_family.contains(&to.ip()))
            }
            Fact::Login { .. } | Fact::OwnKeyExchange { .. } => true,
            _ => false,
        })
        .count();
    u32::try_from(completed).unwrap_or(u32::MAX)
}

/// One connection to the target's port, carried as far as the host key.
pub(super) fn target(to: SocketAddr, segment_size: Option<u16>) -> Approach {
    Approach {
        to,
        role: PortRole::Target,
        depth: Depth::HostKey,
        segment_size,
    }
}
