//! The kernel as the oracle for the packet filter: random rule sets are loaded into a network namespace, one SYN is sent
//! through each, and what becomes of it is compared with what somebody said who only saw the rule sets.

mod bench;
mod by_filter;
mod case;
mod chance;
mod compare;
mod corpora;
mod generate;
mod ground;
mod link_socket;
mod loading;
mod minimise;
mod netlink;
mod outcome;
mod refusal;
mod regression;
mod shot;
mod trace;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

pub use by_filter::{judge as judge_by_filter, judge_as_loaded};
pub use case::{FilterCase, FilterPacket, Load, LoadKind};
pub use compare::{Deciding, FuzzTotals, Judge, Judgement};
pub use corpora::{Dumped, Loaded, Sent, read_dump, try_dumps};
pub use loading::Dumps;
pub use outcome::Outcome;
pub use regression::Regression;
pub use trace::{RuleName, RulePlace, StepVerdict, TraceStep};

use crate::error::LabError;
use crate::sandbox::furnish;
use bench::{Bench, Observation, Trying};
use chance::Chance;
use ground::Ground;
use shot::Pace;

/// Contradictions that each pair of hosts makes smaller; where there are more, trying more cases tells more.
const SMALLEST_OF_EACH: u64 = 5;

/// Where the cases of a run come from.
#[derive(Debug, Clone)]
pub enum Cases {
    /// So many random ones. Two runs with the same seed try the same cases.
    Random {
        /// How many.
        count: u64,
        /// The seed of the run.
        seed: u64,
    },
    /// These.
    Given(Vec<FilterCase>),
}

impl Cases {
    fn at(&self, index: u64) -> Option<FilterCase> {
        match self {
            Self::Random { count, seed } => {
                (index < *count).then(|| generate::case(seed_of(*seed, index)))
            }
            Self::Given(cases) => cases.get(usize::try_from(index).ok()?).cloned(),
        }
    }
}

/// The random case of this seed.
#[must_use]
pub fn random_case(seed: u64) -> FilterCase {
    generate::case(seed)
}

/// What to run.
#[derive(Debug, Clone)]
pub struct FuzzPlan {
    /// What is tried.
    pub cases: Cases,
    /// Pairs of hosts at work at a time.
    pub jobs: usize,
    /// Every so many cases the kernel is asked for the deciding rule; 0 for never.
    pub trace_every: u64,
}

/// Something worth showing while a run goes on.
#[derive(Debug)]
pub enum FuzzEvent {
    /// The kernel did what the judgement excludes, twice.
    Contradiction(Box<Tried>),
    /// The fast and the slow run of a case differ.
    Unsteady(Box<FilterCase>, Outcome, Outcome),
    /// Another rule decided than the judged one.
    OtherRule(Box<FilterCase>, Box<Judgement>, Box<Deciding>),
    /// A tool refused a rule or a whole load.
    Refused(String),
    /// The smallest case found that is contradicted in the same way.
    Smallest(Box<Regression>, Box<Judgement>),
    /// A case was tried.
    Tried(Box<Tried>),
    /// A pair of hosts stopped working.
    Broken(String),
}

/// A case and what came of it.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The case.
    pub case: FilterCase,
    /// What the kernel did.
    pub outcome: Outcome,
    /// What was said.
    pub judgement: Judgement,
    /// What the kernel said of its way, where it was asked.
    pub steps: Vec<TraceStep>,
    /// Answers on the wire.
    pub answers: Vec<String>,
    /// What the tools printed.
    pub dumps: Dumps,
}

/// Tries every case of the plan and hands over what is worth showing.
///
/// # Errors
/// When a pair of hosts cannot be built. Only for pid 1 of a sandbox.
pub fn fuzz(
    plan: &FuzzPlan,
    judge: Judge<'_>,
    mut on_event: impl FnMut(FuzzEvent),
) -> Result<FuzzTotals, LabError> {
    furnish(None)?;
    let grounds = (0..plan.jobs.max(1))
        .map(Ground::build)
        .collect::<Result<Vec<Ground>, LabError>>()?;
    let next = AtomicU64::new(0);
    let (sender, receiver) = channel();
    let mut totals = FuzzTotals::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = grounds
            .iter()
            .enumerate()
            .map(|(number, ground)| {
                let (next, sender) = (&next, sender.clone());
                scope.spawn(move || {
                    let work = || {
                        stay_on_one_processor(number)?;
                        work(ground, plan, judge, next, &sender).map_err(std::io::Error::other)
                    };
                    ground
                        .server
                        .run("try cases", work)
                        .unwrap_or_else(|error| {
                            // Nobody listens any more only when the whole run is over.
                            let _ = sender.send(FuzzEvent::Broken(error.to_string()));
                            FuzzTotals::default()
                        })
                })
            })
            .collect();
        drop(sender);
        receiver.iter().for_each(&mut on_event);
        for worker in workers {
            if let Ok(part) = worker.join() {
                totals.add(&part);
            }
        }
    });
    Ok(totals)
}

/// Keeps the calling thread on one processor, so that frames between two namespaces keep their order.
fn stay_on_one_processor(number: usize) -> std::io::Result<()> {
    let count = std::thread::available_parallelism()?.get();
    let mut processors = CpuSet::new();
    processors.set(number % count)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &processors)?)
}

fn work(
    ground: &Ground,
    plan: &FuzzPlan,
    judge: Judge<'_>,
    next: &AtomicU64,
    events: &Sender<FuzzEvent>,
) -> Result<FuzzTotals, LabError> {
    let mut bench = Bench::new(ground)?;
    let mut totals = FuzzTotals::default();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(mut case) = plan.cases.at(index) else {
            return Ok(totals);
        };
        let traced = plan.trace_every > 0 && index.is_multiple_of(plan.trace_every);
        let trying = Trying {
            pace: Pace::Fast,
            traced,
        };
        let observed = bench.observe(&mut case, trying)?;
        for complaint in bench.refused.drain(..) {
            if !complaint.starts_with("LOST") {
                totals.refused_rules += 1;
            }
            let _ = events.send(FuzzEvent::Refused(format!("{:#x} {complaint}", case.seed)));
        }
        let Some(observation) = observed else {
            totals.lost += 1;
            continue;
        };
        judge_one(&mut bench, case, observation, judge, &mut totals, events)?;
    }
}

fn judge_one(
    bench: &mut Bench<'_>,
    mut case: FilterCase,
    observation: Observation,
    judge: Judge<'_>,
    totals: &mut FuzzTotals,
    events: &Sender<FuzzEvent>,
) -> Result<(), LabError> {
    let judgement = judge(&observation.dumps, &case.packet);
    let mut last = observation;
    if judgement.is_contradicted_by(last.outcome()) {
        let slowly = Trying {
            pace: Pace::Slow,
            traced: true,
        };
        if let Some(again) = bench.observe(&mut case, slowly)? {
            if again.outcome() != last.outcome() {
                totals.unsteady += 1;
                let event =
                    FuzzEvent::Unsteady(Box::new(case.clone()), last.outcome(), again.outcome());
                let _ = events.send(event);
            }
            last = again;
        }
    }
    let outcome = last.outcome();
    totals.take(case.decidable, outcome, &judgement, &last.deciding);
    let other_rule = judgement.is_certain()
        && judgement
            .rule
            .as_ref()
            .is_some_and(|rule| last.deciding.agrees_with(rule, outcome) == Some(false));
    if other_rule {
        let _ = events.send(FuzzEvent::OtherRule(
            Box::new(case.clone()),
            Box::new(judgement.clone()),
            Box::new(last.deciding),
        ));
    }
    let contradicted = judgement.is_contradicted_by(outcome);
    let tried = Box::new(Tried {
        case: case.clone(),
        outcome,
        judgement,
        steps: last.steps,
        answers: last.seen.answers,
        dumps: last.dumps,
    });
    if !contradicted {
        let _ = events.send(FuzzEvent::Tried(tried));
        return Ok(());
    }
    let _ = events.send(FuzzEvent::Contradiction(tried));
    if totals.contradictions > SMALLEST_OF_EACH {
        return Ok(());
    }
    let (case, last) = smallest(bench, &case, judge);
    bench.refused.clear();
    // Without any it was contradicted only slowly, and nothing smaller was tried with success.
    if let Some((outcome, judgement)) = last {
        let regression = Box::new(Regression { outcome, case });
        let _ = events.send(FuzzEvent::Smallest(regression, Box::new(judgement)));
    }
    Ok(())
}

/// The smallest case found that is contradicted, and what the kernel does with it.
fn smallest(
    bench: &mut Bench<'_>,
    case: &FilterCase,
    judge: Judge<'_>,
) -> (FilterCase, Option<(Outcome, Judgement)>) {
    let mut last = None;
    let smallest = minimise::minimise(case, |smaller| {
        let mut loaded = smaller.clone();
        let trying = Trying {
            pace: Pace::Fast,
            traced: false,
        };
        // What a tool refuses would be another case.
        let Ok(Some(seen)) = bench.observe(&mut loaded, trying) else {
            return false;
        };
        let judgement = judge(&seen.dumps, &smaller.packet);
        let holds = loaded == *smaller && judgement.is_contradicted_by(seen.outcome());
        if holds {
            last = Some((seen.outcome(), judgement));
        }
        holds
    });
    (smallest, last)
}

/// The seed of one case of a run.
fn seed_of(run: u64, index: u64) -> u64 {
    Chance::new(run ^ index.wrapping_mul(0xd134_2543_de82_ef95)).next()
}
