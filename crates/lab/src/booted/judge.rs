//! Is the report of `sshdoctor here` right?

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::network::fill_in;
use super::scenario::BootedScenario;
use crate::judge::Verdict;

/// A cause of at least this probability is claimed to be true.
const CLAIMED: f64 = 0.5;

/// Exit status: the question could not be answered.
const UNANSWERED: i32 = 3;

/// What is to be said of one report of the inside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InsideVerdict {
    /// What is wrong with it; empty when it is right.
    pub problems: Vec<String>,
    /// What the report itself says.
    pub report: Verdict,
}

impl InsideVerdict {
    /// Compares a report with the scenario it was made in.
    #[must_use]
    pub fn judge(scenario: &BootedScenario, report: &Value, exit: Option<i32>) -> Self {
        let read = Verdict::read(report);
        let mut problems = Vec::new();
        let wanted = i32::from(!scenario.healthy);
        // Whoever may not see everything may say that it is not enough to be certain.
        let uncertain = scenario.healthy && scenario.run_by.is_some() && exit == Some(UNANSWERED);
        if exit != Some(wanted) && !uncertain {
            problems.push(format!("exit status {exit:?}, not {wanted}"));
        }
        if scenario.healthy {
            for cause in &read.causes {
                problems.push(format!("{} is blamed for a host that is open", cause.id));
            }
        } else {
            problems.extend(against_expected(scenario, &read));
        }
        problems.extend(missing_quotes(scenario, report));
        let mistaken = read
            .ruled_out
            .iter()
            .filter(|(id, _)| *id == scenario.expect.cause && !scenario.healthy);
        problems.extend(mistaken.map(|(id, _)| format!("the truth, {id}, is ruled out")));
        Self {
            problems,
            report: read,
        }
    }
}

fn against_expected(scenario: &BootedScenario, read: &Verdict) -> Vec<String> {
    let expect = &scenario.expect;
    let one_of = |found: &str, wanted: &str, others: &[String]| {
        found == wanted || others.iter().any(|other| other == found)
    };
    let mut problems = Vec::new();
    if !one_of(&read.outcome, &expect.outcome, &expect.or_outcomes) {
        problems.push(format!("outcome {}, not {}", read.outcome, expect.outcome));
    }
    let stage = read.stopped_stage.as_deref().unwrap_or("none");
    if !one_of(stage, &expect.stage, &expect.or_stages) {
        problems.push(format!("stopped at {stage}, not {}", expect.stage));
    }
    match read.causes.first() {
        Some(top) if one_of(&top.id, &expect.cause, &expect.or_causes) => {}
        Some(top) => problems.push(format!("{} is on top, not {}", top.id, expect.cause)),
        None => problems.push("it names no cause".into()),
    }
    for cause in read.causes.iter().skip(1) {
        let true_too =
            one_of(&cause.id, &expect.cause, &expect.or_causes) || expect.also.contains(&cause.id);
        if cause.probability >= CLAIMED && !true_too {
            problems.push(format!("{} is blamed besides", cause.id));
        }
    }
    problems
}

/// Quotes that are in no text of the report.
fn missing_quotes(scenario: &BootedScenario, report: &Value) -> Vec<String> {
    let mut texts = String::new();
    collect_texts(report, &mut texts);
    scenario
        .expect
        .quotes
        .iter()
        .map(|quote| fill_in(quote, scenario))
        .filter(|quote| !texts.contains(quote.as_str()))
        .map(|quote| format!("it does not quote {quote:?}"))
        .collect()
}

/// Every text of what a person is told, not the evidence's own fields: `evidence` counts with its summaries only.
fn collect_texts(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => {
            into.push_str(text);
            into.push('\n');
        }
        Value::Array(list) => list.iter().for_each(|item| collect_texts(item, into)),
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "evidence" {
                    for piece in field.as_array().into_iter().flatten() {
                        collect_texts(&piece["summary"], into);
                    }
                } else {
                    collect_texts(field, into);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> BootedScenario {
        toml::from_str(
            r#"
            name = "x"
            title = "t"
            family = "config"
            expect = { cause = "config-invalid", outcome = "refused", stage = "listener", also = ["sshd-not-enabled"], quotes = ["a.conf:3"] }
        "#,
        )
        .unwrap()
    }

    fn report(causes: &[&str], summary: &str) -> Value {
        let causes: Vec<Value> = causes
            .iter()
            .map(|id| serde_json::json!({"id": id, "probability": 1.0, "summary": ""}))
            .collect();
        serde_json::json!({
            "outcome": "refused", "causes": causes,
            "stages": [{"stage": "listener", "state": "stopped"}],
            "evidence": [{"summary": summary, "file": "b.conf:3"}],
        })
    }

    #[test]
    fn the_truth_has_to_be_on_top_and_quoted_and_nothing_else_claimed() {
        let judged = |causes: &[&str], summary| {
            InsideVerdict::judge(&scenario(), &report(causes, summary), Some(1)).problems
        };
        let right = judged(&["config-invalid", "sshd-not-enabled"], "in a.conf:3");
        assert_eq!(right, Vec::<String>::new());
        assert_eq!(judged(&["config-invalid"], "in b.conf:3").len(), 1);
        assert_eq!(judged(&["sshd-stopped"], "a.conf:3").len(), 1);
        let besides = judged(&["config-invalid", "sshd-masked"], "a.conf:3");
        assert_eq!(besides, ["sshd-masked is blamed besides"]);
    }

    #[test]
    fn whatever_is_claimed_of_a_healthy_host_is_a_problem() {
        let mut healthy = scenario();
        healthy.healthy = true;
        let judged = |causes: &[&str], exit| {
            InsideVerdict::judge(&healthy, &report(causes, "a.conf:3"), Some(exit)).problems
        };
        assert_eq!(judged(&[], 0), Vec::<String>::new());
        assert_eq!(judged(&["config-invalid"], 1).len(), 2);
    }
}
