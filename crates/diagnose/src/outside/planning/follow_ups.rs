//! Questions that only some first answers make worth asking.

use std::cell::OnceCell;
use std::net::{IpAddr, SocketAddr};

use sshdoctor_case::{Case, ConnectOutcome, EchoOutcome, Fact, KexOutcome, Question, RouteOutcome};

use super::budget::{budget_left, target};
use super::surroundings::CONTROL_PORT;
use super::{Progressing, Wanted};
use crate::outside::aim::{self, Aim};
use crate::outside::attempt::{Attempt, Progress, attempts};
use crate::outside::belief::Belief;
use crate::outside::evidence;
use crate::outside::focus::Fates;
use crate::outside::likelihood::FollowUp;
use crate::outside::reading::{Connect, Exchange, Reading, ResetTtl};

/// After this long without an answer, in milliseconds, the target counts as silent for choosing questions.
pub(crate) const SILENT_SO_FAR_MS: f64 = 260.0;

/// After this long without a key exchange reply, in milliseconds, small segments are worth a try.
pub(crate) const HUNG_SO_FAR_MS: f64 = 1500.0;

/// How much later than a reset the echo reply of the same host may come, in milliseconds.
pub(crate) const ECHO_SLACK_MS: f64 = 6.0;

/// Smaller than every path MTU in use (RFC 8200 guarantees 1280 for IPv6).
const SMALL_SEGMENT: u16 = 1100;

/// Questions that only some first answers make worth asking.
pub(super) fn follow_ups(
    case: &Case,
    aim: &Aim,
    under_way: &Progressing,
    wanted: &mut Vec<Wanted>,
) {
    let fates = Fates::of(case, aim);
    let tried = fates.focus().map(|(address, _)| *address);
    let Some(address) = tried.or_else(|| silent_so_far(case, aim, under_way)) else {
        return;
    };
    let known = Known::new(case, aim, address, under_way);
    if known.tried.first().is_some_and(was_reset) {
        whose_reset(&known, under_way, wanted);
    }
    if known.wants_trace() {
        wanted.push(Wanted::new(
            Question::Trace {
                to: known.to,
                max_ttl: 24,
            },
            3000,
            format!("tracing how far packets to port {} get", aim.port),
        ));
    }
    if budget_left(case, aim, under_way) == 0 {
        return;
    }
    if known.hung && known.is_worth(FollowUp::SmallSegments) {
        wanted.push(Wanted::new(
            Question::Approach {
                approach: target(known.to, Some(SMALL_SEGMENT)),
            },
            3000,
            "repeating the key exchange with small packets",
        ));
    }
    if known.ended_before_ssh() && known.is_worth(FollowUp::Again) {
        let repetition = Wanted::new(
            Question::Approach {
                approach: target(known.to, None),
            },
            3000,
            "trying once more, in case it was a passing limit",
        );
        wanted.push(repetition.once_more());
    }
}

/// What is known of the address in question.
struct Known<'a> {
    case: &'a Case,
    aim: &'a Aim,
    to: SocketAddr,
    tried: Vec<Attempt<'a>>,
    hung: bool,
    /// Weighed only when a question depends on it: most answers make none worth asking.
    belief: OnceCell<Belief>,
}

impl<'a> Known<'a> {
    fn new(case: &'a Case, aim: &'a Aim, address: IpAddr, under_way: &Progressing) -> Self {
        let to = aim.socket(address);
        let tried = attempts(case, to);
        let hung = hung_so_far(&tried, case, under_way);
        Self {
            case,
            aim,
            to,
            tried,
            hung,
            belief: OnceCell::new(),
        }
    }

    fn belief(&self) -> &Belief {
        self.belief.get_or_init(|| self.weigh())
    }

    /// What was seen, and what silence so far suggests.
    fn weigh(&self) -> Belief {
        let address = Some(self.to.ip());
        let mut readings = evidence::readings(self.case, Some(self.aim), address);
        let mut suppose = |reading: Reading, same: fn(&Reading) -> bool| {
            if !readings.iter().any(|sourced| same(&sourced.reading)) {
                readings.push(evidence::sourced(reading, &[]));
            }
        };
        if self.tried.is_empty() {
            suppose(Reading::Target(Connect::SilentSoFar), |reading| {
                matches!(reading, Reading::Target(_))
            });
        }
        if self.hung {
            suppose(Reading::Exchange(Exchange::Hung), |reading| {
                matches!(reading, Reading::Exchange(_))
            });
        }
        let setting = evidence::setting(self.case, Some(self.aim), address);
        Belief::new(readings, setting)
    }

    fn is_worth(&self, question: FollowUp) -> bool {
        self.belief().expected_information(question) >= cost(question)
    }

    /// The target is silent, or a reset may have been made on the way or by this machine.
    fn wants_trace(&self) -> bool {
        if aim::is_this_machine(self.case, self.to.ip()) {
            return false;
        }
        let silent =
            |attempt: &Attempt<'_>| matches!(attempt.connect, Some(ConnectOutcome::Silent));
        let quiet = self.tried.is_empty() || self.tried.iter().any(silent);
        answered_before_the_network(self.case, self.to.ip(), &self.tried)
            || ((quiet || self.reset_is_foreign()) && self.is_worth(FollowUp::Trace))
    }

    /// The reset did not come from the host.
    fn reset_is_foreign(&self) -> bool {
        let compared = self
            .case
            .observations
            .iter()
            .any(|o| matches!(&o.fact, Fact::TtlEquals { to, .. } if *to == self.to));
        compared
            && self
                .belief()
                .readings()
                .iter()
                .any(|s| s.reading == Reading::ResetTtl(ResetTtl::UnlikeHost))
    }

    /// The one plain attempt so far was accepted and brought no SSH.
    fn ended_before_ssh(&self) -> bool {
        let plain = self.tried.iter().filter(|a| !a.small_segments).count();
        plain == 1
            && self.tried.first().is_some_and(|attempt| {
                attempt.progress() == Progress::Accepted && attempt.banner.is_some()
            })
    }
}

/// Did the reset come from the host itself? Its time to live is compared with that of an echo reply, or of the control port's
/// answer where the host does not answer echo.
fn whose_reset(known: &Known<'_>, under_way: &Progressing, wanted: &mut Vec<Wanted>) {
    if !known.is_worth(FollowUp::ResetTtl) {
        return;
    }
    let (case, to) = (known.case, known.to);
    let control = SocketAddr::new(to.ip(), CONTROL_PORT);
    match reference_ttl(case, to.ip()) {
        Some(expected) => wanted.push(Wanted::new(
            Question::TtlEquals { to, expected },
            700,
            "checking that the reset came from the host itself",
        )),
        None if control_answered(case, control) && echo_is_overdue(case, to, under_way) => {
            wanted.push(Wanted::new(
                Question::AnswerTtl { to: control },
                700,
                "comparing how far answers have travelled",
            ));
        }
        None => {}
    }
    if let Some(expected) = refuted_ttl(case, to) {
        wanted.push(Wanted::new(
            Question::TtlEquals {
                to: control,
                expected,
            },
            700,
            "checking the comparison",
        ));
    }
}

fn control_answered(case: &Case, control: SocketAddr) -> bool {
    case.observations.iter().any(|o| match &o.fact {
        Fact::TcpConnect { to, outcome, .. } => {
            *to == control && matches!(outcome, ConnectOutcome::Refused { .. })
        }
        _ => false,
    })
}

/// The echo request left with the SYN; its answer should have come with the reset.
fn echo_is_overdue(case: &Case, target: SocketAddr, under_way: &Progressing) -> bool {
    case.observations.iter().any(|o| match &o.fact {
        Fact::TcpConnect { to, .. } if *to == target => {
            under_way.now_ms >= o.at_ms + o.elapsed_ms + ECHO_SLACK_MS
        }
        _ => false,
    })
}

/// What a question must teach, in nats, to be worth its packets and connections.
fn cost(question: FollowUp) -> f64 {
    match question {
        FollowUp::ResetTtl => 0.004,
        FollowUp::Trace => 0.02,
        FollowUp::Again => 0.03,
        FollowUp::SmallSegments => 0.05,
    }
}

/// A reset within a millisecond from beyond a router: either the server is very near, or this machine's own packet filter
/// made it. A trace tells.
fn answered_before_the_network(case: &Case, address: IpAddr, tried: &[Attempt<'_>]) -> bool {
    let routed = matches!(
        aim::route(case, address),
        Some((
            RouteOutcome::Via {
                gateway: Some(_),
                ..
            },
            _
        ))
    );
    routed
        && tried
            .first()
            .is_some_and(|attempt| was_reset(attempt) && attempt.connect_ms < 1.0)
}

fn was_reset(attempt: &Attempt<'_>) -> bool {
    matches!(attempt.connect, Some(ConnectOutcome::Refused { .. }))
}

/// The time to live to expect: that of an echo reply, or of the control port's answer.
fn reference_ttl(case: &Case, address: IpAddr) -> Option<u8> {
    let of_echo = case.observations.iter().find_map(|o| match &o.fact {
        Fact::Echo {
            to,
            outcome: EchoOutcome::Reply { ttl: Some(ttl) },
        } if *to == address => Some(*ttl),
        _ => None,
    });
    of_echo.or_else(|| {
        case.observations.iter().find_map(|o| match &o.fact {
            Fact::AnswerTtl { to, ttl: Some(ttl) } if to.ip() == address => Some(*ttl),
            _ => None,
        })
    })
}

/// A time to live that the target's reset did not have.
fn refuted_ttl(case: &Case, target: SocketAddr) -> Option<u8> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::TtlEquals {
            to,
            expected,
            equal: Some(false),
        } if *to == target => Some(*expected),
        _ => None,
    })
}

/// The first address whose target port has been silent for a while.
fn silent_so_far(case: &Case, aim: &Aim, under_way: &Progressing) -> Option<IpAddr> {
    under_way
        .target_asked
        .iter()
        .find(|(to, asked)| {
            under_way.now_ms - asked >= SILENT_SO_FAR_MS && attempts(case, *to).is_empty()
        })
        .map(|(to, _)| to.ip())
        .filter(|address| aim.addresses.contains(address))
}

fn hung_so_far(tried: &[Attempt<'_>], case: &Case, under_way: &Progressing) -> bool {
    let Some(attempt) = tried.first() else {
        return false;
    };
    if attempt.progress() != Progress::Identified {
        return false;
    }
    if attempt.exchange.is_some() {
        return matches!(attempt.exchange, Some(KexOutcome::Hung { .. }));
    }
    case.observations
        .iter()
        .find(|o| Some(o.id.as_str()) == attempt.ids[1])
        .is_some_and(|o| under_way.now_ms - (o.at_ms + o.elapsed_ms) >= HUNG_SO_FAR_MS)
}
