//! Which attempt the text is about, and what stops it.

use sshdoctor_case::Stage;

use super::{
    attempt::{Attempt, Decision},
    sign::{SYMPTOM, Side},
    story::Story,
};

/// What a text comes to.
#[derive(Debug)]
pub(super) struct Answer<'s> {
    /// The attempt that decides; nothing where no line was understood.
    pub(super) attempt: Option<&'s Attempt>,
    /// What stops it; nothing where nothing failed.
    pub(super) decision: Option<&'s Decision>,
    /// What the other side tells of the same, where both are in the text.
    pub(super) other: Option<&'s Attempt>,
}

/// The last attempt decides. Where both sides speak, the server knows the reason for what the client met.
pub(super) fn answer(story: &Story) -> Answer<'_> {
    let client = Some(&story.client).filter(|attempt| !attempt.is_blank());
    let server = server(story, client);
    // A key that is open to others is complained of by both sides in the same words.
    let client = client.filter(|client| !(client.only_hints && server.is_some()));
    match (client, server) {
        (Some(client), Some(server)) => both(client, server),
        (Some(one), None) | (None, Some(one)) => Answer {
            attempt: Some(one),
            decision: one.decision.as_ref(),
            other: None,
        },
        (None, None) => Answer {
            attempt: None,
            decision: None,
            other: None,
        },
    }
}

/// What the server's lines come to: what keeps it from serving anyone, or the client that spoke last.
fn server<'s>(story: &'s Story, client: Option<&Attempt>) -> Option<&'s Attempt> {
    let service = story.service().filter(|attempt| attempt.decision.is_some());
    let visitor = story.last_visitor();
    match (service, visitor) {
        (Some(service), Some(visitor)) => {
            // A server that takes clients again is well, unless its last word is that it does not.
            let said = service
                .decision
                .as_ref()
                .map_or(0, |decision| decision.line.number);
            let client_came_far = client.is_some_and(|c| {
                c.decision
                    .as_ref()
                    .is_some_and(|d| d.stage >= Stage::Authentication)
            });
            let later = visitor.last_line > said;
            Some(if later || client_came_far {
                visitor
            } else {
                service
            })
        }
        (Some(service), None) => Some(service),
        (None, Some(visitor)) => Some(visitor),
        (None, None) => story.service().or_else(|| story.servers.back()),
    }
}

fn both<'s>(client: &'s Attempt, server: &'s Attempt) -> Answer<'s> {
    let reason = server.decision.as_ref().filter(|reason| {
        reason.weight >= SYMPTOM
            && client
                .decision
                .as_ref()
                .is_none_or(|met| explains(reason, met))
    });
    match (reason, client.decision.as_ref()) {
        // The client got in.
        (Some(_), None) if client.works => Answer {
            attempt: Some(client),
            decision: None,
            other: Some(server),
        },
        (Some(reason), _) => Answer {
            attempt: Some(client),
            decision: Some(reason),
            other: Some(server),
        },
        (None, met) => Answer {
            attempt: Some(client),
            decision: met,
            other: Some(server),
        },
    }
}

/// What the server says may be why the client met this.
fn explains(reason: &Decision, met: &Decision) -> bool {
    let after_login = |stage: Stage| stage >= Stage::Authentication;
    if after_login(reason.stage) || after_login(met.stage) {
        return after_login(reason.stage) && after_login(met.stage);
    }
    let before = |stage: Stage| stage <= Stage::Listener;
    (before(reason.stage) && before(met.stage) && met.stage > Stage::Name)
        || reason.stage == met.stage
        || (reason.stage == Stage::Listener && met.stage == Stage::Banner)
        || (reason.stage == Stage::Banner
            && met.stage <= Stage::KeyExchange
            && met.stage > Stage::Name)
}

impl Answer<'_> {
    /// The server tells, and no client.
    pub(super) fn is_servers(&self) -> bool {
        self.attempt
            .is_some_and(|attempt| attempt.side == Side::Server)
    }
}
