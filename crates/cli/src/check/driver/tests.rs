use super::*;
use crate::render::terminal::Charset;
use sshdoctor_case::{Case, Destination, Outcome, Settings, SshOptions};

fn inquiry() -> Inquiry {
    Inquiry::new(Case::new(
        jiff::Timestamp::UNIX_EPOCH,
        Destination::parse("203.0.113.9").unwrap(),
        SshOptions::default(),
        Settings::default(),
    ))
}

/// Runs with the clock stopped: it jumps to the next wake-up whenever nothing else can happen.
fn drive<O: Observer>(observer: O) -> (Ending, Inquiry, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let mut inquiry = inquiry();
    let mut progress = Progress::new(Charset::Ascii);
    let (ending, took) = runtime.block_on(async {
        let start = Instant::now();
        let driver = Driver::new(Arc::new(observer), start.into_std());
        let ending = driver.run(&mut inquiry, &mut progress).await.unwrap();
        (ending, start.elapsed())
    });
    (ending, inquiry, took)
}

fn reasons(inquiry: &Inquiry) -> Vec<&str> {
    inquiry
        .case()
        .observations
        .iter()
        .filter_map(|observation| match &observation.fact {
            Fact::NotObserved { reason, .. } => Some(reason.as_str()),
            _ => None,
        })
        .collect()
}

struct Panicking;

impl Observer for Panicking {
    async fn answer(&self, _: Ask, _: UnboundedSender<(u32, Observation)>) {
        panic!("on purpose");
    }
}

#[test]
fn a_panic_of_an_observer_is_evidence_and_does_not_cost_the_report() {
    let (ending, inquiry, _) = drive(Panicking);
    assert_eq!(ending, Ending::Answered);
    let reasons = reasons(&inquiry);
    assert!(!reasons.is_empty());
    assert!(
        reasons.iter().all(|reason| reason.contains("defect")),
        "{reasons:?}"
    );
    assert_ne!(inquiry.report().outcome, Outcome::Open);
}

struct Mute;

impl Observer for Mute {
    async fn answer(&self, _: Ask, _: UnboundedSender<(u32, Observation)>) {
        std::future::pending().await
    }
}

#[test]
fn an_observer_that_never_answers_is_given_up_after_its_deadline() {
    let (ending, inquiry, took) = drive(Mute);
    assert_eq!(ending, Ending::Answered);
    assert!(took <= Duration::from_secs(12), "{took:?}");
    let reasons = reasons(&inquiry);
    assert!(
        reasons.contains(&"no answer before the deadline"),
        "{reasons:?}"
    );
}

/// Answers everything with the same remark, in two parts, and then ends.
struct Chatty;

impl Observer for Chatty {
    async fn answer(&self, ask: Ask, seen: UnboundedSender<(u32, Observation)>) {
        for word in ["first", "second"] {
            let observation = Observation {
                id: String::new(),
                vantage: Vantage::client(),
                at_ms: 1.000_000_4,
                elapsed_ms: 0.123_456_7,
                fact: Fact::NotObserved {
                    question: Box::new(ask.question.clone()),
                    reason: Received::from_text(word),
                },
            };
            seen.send((ask.number, observation)).unwrap();
        }
    }
}

#[test]
fn everything_that_was_sent_is_recorded_before_the_question_is_closed() {
    let (_, inquiry, _) = drive(Chatty);
    let reasons = reasons(&inquiry);
    let firsts = reasons.iter().filter(|reason| **reason == "first").count();
    assert!(firsts > 0);
    assert_eq!(firsts * 2, reasons.len());
    let times = &inquiry.case().observations[0];
    assert!((times.at_ms - 1.0).abs() < f64::EPSILON);
    assert!((times.elapsed_ms - 0.123).abs() < f64::EPSILON);
}
