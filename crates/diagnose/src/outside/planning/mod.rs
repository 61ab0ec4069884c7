//! Which questions are worth asking next.

mod before_the_network;
mod beyond;
mod budget;
mod follow_ups;
mod surroundings;

use std::net::SocketAddr;

use sshdoctor_case::{Case, Question};

use super::aim;

pub(crate) use budget::completed_connections;
pub(crate) use follow_ups::{ECHO_SLACK_MS, HUNG_SO_FAR_MS, SILENT_SO_FAR_MS};
pub(crate) use surroundings::CONTROL_PORT;

/// A question that is wanted, with how long to wait for it and why.
pub(crate) struct Wanted {
    pub(crate) question: Question,
    pub(crate) deadline_ms: u32,
    pub(crate) reason: String,
    /// 0 for the first time, 1 for the same question once more.
    pub(crate) repetition: u8,
}

impl Wanted {
    fn new(question: Question, deadline_ms: u32, reason: impl Into<String>) -> Self {
        Self {
            question,
            deadline_ms,
            reason: reason.into(),
            repetition: 0,
        }
    }

    fn once_more(self) -> Self {
        Self {
            repetition: 1,
            ..self
        }
    }
}

/// What is under way and when it began, as far as planning must know.
pub(crate) struct Progressing {
    /// Milliseconds since the start.
    pub(crate) now_ms: f64,
    /// Connections to the target's port that are under way and may complete.
    pub(crate) target_under_way: u32,
    /// When each target address was asked, in milliseconds since the start.
    pub(crate) target_asked: Vec<(SocketAddr, f64)>,
}

/// Everything worth asking now, whether or not it was asked before; the inquiry drops repetitions.
pub(crate) fn wanted(case: &Case, under_way: &Progressing) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    before_the_network::configuration(case, &mut wanted);
    if aim::client_problem(case).is_some() {
        return Vec::new();
    }
    if let Some(command) = aim::proxy_command(case) {
        wanted.push(Wanted::new(
            Question::ProxyCommand {
                command: command.to_owned(),
            },
            4500,
            "your ProxyCommand has said nothing yet",
        ));
        let Some(jump) = aim::failed_proxy_jump(case) else {
            return wanted;
        };
        before_the_network::jump(&jump, &mut wanted);
    }
    let Some(aim) = aim::aim(case) else {
        return wanted;
    };
    before_the_network::names(case, &aim, &mut wanted);
    if aim.addresses.is_empty() {
        return wanted;
    }
    budget::targets(case, &aim, under_way, &mut wanted);
    surroundings::surroundings(case, &aim, &mut wanted);
    follow_ups::follow_ups(case, &aim, under_way, &mut wanted);
    beyond::beyond(case, &aim, under_way, &mut wanted);
    wanted
}
