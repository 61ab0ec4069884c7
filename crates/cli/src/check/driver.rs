//! The loop between the reasoning, which asks, and the observers, which answer.

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use sshdoctor_case::{Ask, Fact, Observation, Received, Vantage};
use sshdoctor_diagnose::Inquiry;
use sshdoctor_probe::Prober;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until, timeout},
};

use crate::progress::Progress;

/// The run ends then, whatever a peer does; 12 s are promised. The inquiry settles by itself a little earlier.
const HARD_CAP: Duration = Duration::from_millis(11_700);

/// What an observer is given beyond its deadline to say that it saw nothing.
const GRACE: Duration = Duration::from_millis(250);

/// A wake-up that has passed already must not turn the loop into a busy one.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// Whoever answers questions.
pub(super) trait Observer: Send + Sync + 'static {
    /// Sends what it sees, as soon as it sees it.
    fn answer(
        &self,
        ask: Ask,
        seen: UnboundedSender<(u32, Observation)>,
    ) -> impl Future<Output = ()> + Send;
}

impl Observer for Prober {
    async fn answer(&self, ask: Ask, seen: UnboundedSender<(u32, Observation)>) {
        Self::answer(self, ask, seen).await;
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The answer stands.
    Answered,
    /// A signal of this number ended it.
    Signal(u8),
}

/// One run.
pub(super) struct Driver<O> {
    observer: Arc<O>,
    start: Instant,
    tasks: JoinSet<bool>,
    open: HashMap<Id, (Ask, Duration)>,
    sender: UnboundedSender<(u32, Observation)>,
    receiver: UnboundedReceiver<(u32, Observation)>,
}

impl<O: Observer> Driver<O> {
    /// `start`: from when times are counted.
    pub(super) fn new(observer: Arc<O>, start: std::time::Instant) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self {
            observer,
            start: start.into(),
            tasks: JoinSet::new(),
            open: HashMap::new(),
            sender,
            receiver,
        }
    }

    /// Carries questions and answers until the inquiry is settled, nothing more can come, time is up, or a signal arrives.
    ///
    /// # Errors
    /// When signals cannot be watched.
    pub(super) async fn run(
        mut self,
        inquiry: &mut Inquiry,
        progress: &mut Progress,
    ) -> io::Result<Ending> {
        let mut signals = Signals::new()?;
        loop {
            let elapsed = self.start.elapsed();
            for ask in inquiry.questions(milliseconds(elapsed)) {
                self.ask(ask, elapsed);
            }
            let wake = inquiry.wake_at_ms().map(from_milliseconds);
            let nothing_can_come = self.tasks.is_empty() && wake.is_none();
            if inquiry.is_settled() || nothing_can_come || elapsed >= HARD_CAP {
                return Ok(Ending::Answered);
            }
            let due = [wake, progress.due(elapsed)]
                .into_iter()
                .flatten()
                .fold(HARD_CAP, Duration::min)
                .max(elapsed + SHORTEST_SLEEP);
            tokio::select! {
                Some((number, observation)) = self.receiver.recv() => {
                    record(inquiry, number, observation);
                    self.take_what_is_ready(inquiry).await;
                }
                Some(ended) = self.tasks.join_next_with_id() => {
                    self.ended(ended, inquiry);
                    self.take_what_is_ready(inquiry).await;
                }
                () = sleep_until(self.start + due) => {
                    if let Some(ask) = inquiry.waiting_for() {
                        progress.show(self.start.elapsed(), &ask.reason);
                    }
                }
                number = signals.next() => return Ok(Ending::Signal(number)),
            }
        }
    }

    fn ask(&mut self, ask: Ask, elapsed: Duration) {
        let limit = Duration::from_millis(ask.deadline_ms.into()) + GRACE;
        let observer = Arc::clone(&self.observer);
        let sender = self.sender.clone();
        let asked = ask.clone();
        let handle = self
            .tasks
            .spawn(async move { timeout(limit, observer.answer(ask, sender)).await.is_ok() });
        self.open.insert(handle.id(), (asked, elapsed));
    }

    /// Choosing the next questions costs more than taking an answer, so answers that came together are taken together.
    async fn take_what_is_ready(&mut self, inquiry: &mut Inquiry) {
        tokio::task::yield_now().await;
        self.drain(inquiry);
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.ended(ended, inquiry);
        }
    }

    fn drain(&mut self, inquiry: &mut Inquiry) {
        while let Ok((number, observation)) = self.receiver.try_recv() {
            record(inquiry, number, observation);
        }
    }

    fn ended(&mut self, ended: Result<(Id, bool), JoinError>, inquiry: &mut Inquiry) {
        // What the task sent before it ended comes first.
        self.drain(inquiry);
        let (id, failure) = match ended {
            Ok((id, true)) => (id, None),
            Ok((id, false)) => (id, Some("no answer before the deadline")),
            Err(error) => (
                error.id(),
                Some("the observer failed: a defect of sshdoctor"),
            ),
        };
        let Some((ask, asked_at)) = self.open.remove(&id) else {
            return;
        };
        let number = ask.number;
        if let Some(reason) = failure {
            let now = self.start.elapsed();
            record(
                inquiry,
                number,
                Observation {
                    id: String::new(),
                    vantage: Vantage::client(),
                    at_ms: milliseconds(asked_at),
                    elapsed_ms: milliseconds(now.saturating_sub(asked_at)),
                    fact: Fact::NotObserved {
                        question: Box::new(ask.question),
                        reason: Received::from_text(reason),
                    },
                },
            );
        }
        inquiry.finished(number);
    }
}

/// The signals that end a run early.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The number of the next one.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hangup.recv() => 1,
        }
    }
}

/// Times are kept to a microsecond: more is noise.
fn record(inquiry: &mut Inquiry, number: u32, mut observation: Observation) {
    for time in [&mut observation.at_ms, &mut observation.elapsed_ms] {
        *time = (*time * 1000.0).round() / 1000.0;
    }
    inquiry.record(number, observation);
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn from_milliseconds(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or(HARD_CAP)
}

#[cfg(test)]
mod tests;
