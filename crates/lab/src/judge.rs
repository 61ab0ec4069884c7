//! Is the report right?

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scenario::{Scenario, Truth};

/// The most connections to the SSH port that a run may complete.
const CONNECTION_BUDGET: u64 = 3;

/// The least probability that is scored: a cause that is not in the report at all costs as much as this.
const LEAST_PROBABILITY: f64 = 1e-6;

/// A cause in a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// From 0 to 1.
    pub probability: f64,
    /// In one line.
    pub summary: String,
}

/// What is to be said of one report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is wrong with it; empty when it is right.
    pub problems: Vec<String>,
    /// Its first line.
    pub headline: String,
    /// Its outcome.
    pub outcome: String,
    /// Its stopped stage.
    pub stopped_stage: Option<String>,
    /// Its causes, most probable first.
    pub causes: Vec<Candidate>,
    /// Ids it rules out, each with the reason.
    pub ruled_out: Vec<(String, String)>,
    /// Its evidence, one line each.
    pub evidence: Vec<String>,
    /// Probability it gives to the truth and what is like it; nothing for a healthy host.
    pub truth_probability: Option<f64>,
}

impl Verdict {
    /// −ln of the probability given to the truth.
    #[must_use]
    pub fn log_loss(&self) -> Option<f64> {
        self.truth_probability
            .map(|probability| -probability.clamp(LEAST_PROBABILITY, 1.0).ln())
    }

    /// Reads what the program printed.
    #[must_use]
    pub fn read(report: &Value) -> Self {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
        Self {
            problems: Vec::new(),
            headline: text(report, "headline"),
            outcome: text(report, "outcome"),
            stopped_stage: list("stages")
                .iter()
                .find(|stage| stage["state"] == "stopped")
                .map(|stage| text(stage, "stage")),
            causes: list("causes")
                .iter()
                .map(|cause| Candidate {
                    id: text(cause, "id"),
                    probability: cause["probability"].as_f64().unwrap_or(f64::NAN),
                    summary: text(cause, "summary"),
                })
                .collect(),
            ruled_out: list("ruled_out")
                .iter()
                .map(|ruled| (text(ruled, "id"), text(ruled, "because")))
                .collect(),
            evidence: list("evidence")
                .iter()
                .map(|piece| {
                    let milliseconds = |key: &str| piece[key].as_f64().unwrap_or(f64::NAN);
                    format!(
                        "{} {} {} at {:.0} ms, {:.0} ms: {}",
                        text(piece, "id"),
                        text(piece, "vantage"),
                        text(piece, "kind"),
                        milliseconds("at_ms"),
                        milliseconds("elapsed_ms"),
                        text(piece, "summary")
                    )
                })
                .collect(),
            truth_probability: None,
        }
    }

    /// Compares a report with the scenario it was made in.
    #[must_use]
    pub fn judge(scenario: &Scenario, report: &Value, exit: Option<i32>) -> Self {
        let mut verdict = Self::read(report);
        let mut problems = Vec::new();
        let expect = &scenario.expect;
        let wanted = expect.exit.unwrap_or(i32::from(!scenario.healthy));
        if exit != Some(wanted) {
            problems.push(format!("exit status {exit:?}, not {wanted}"));
        }
        if verdict.outcome != expect.outcome && !expect.or_outcomes.contains(&verdict.outcome) {
            problems.push(format!(
                "outcome {}, not {}",
                verdict.outcome, expect.outcome
            ));
        }
        if verdict.stopped_stage != expect.stopped_stage
            && !verdict
                .stopped_stage
                .as_ref()
                .is_some_and(|stage| expect.or_stages.contains(stage))
        {
            problems.push(format!(
                "stopped at {:?}, not {:?}",
                verdict.stopped_stage, expect.stopped_stage
            ));
        }
        let sum: f64 = verdict.causes.iter().map(|cause| cause.probability).sum();
        if sum.is_nan() || sum > 1.000_001 {
            problems.push(format!("probabilities sum to {sum}"));
        }
        let own_count = report["ssh_port_connections"].as_u64();
        if own_count.is_none_or(|count| count > CONNECTION_BUDGET) {
            problems.push(format!(
                "it reports {own_count:?} connections to the SSH port"
            ));
        }
        if let Some(truth) = &scenario.truth {
            problems.extend(verdict.against(truth));
            verdict.truth_probability = Some(
                verdict
                    .causes
                    .iter()
                    .filter(|cause| truth.admits(&cause.id))
                    .map(|cause| cause.probability)
                    .sum(),
            );
        }
        if scenario.healthy
            && let Some(blamed) = verdict.causes.iter().find(|cause| cause.probability > 0.5)
        {
            problems.push(format!("{} is blamed for a host that is open", blamed.id));
        }
        verdict.problems = problems;
        verdict
    }

    fn against(&self, truth: &Truth) -> Vec<String> {
        let mut problems = Vec::new();
        match self.causes.first() {
            Some(top) if truth.admits(&top.id) => {}
            Some(top) => problems.push(format!("{} is on top, not {}", top.id, truth.cause)),
            None => problems.push("it names no cause".into()),
        }
        if self.ruled_out.iter().any(|(id, _)| *id == truth.cause) {
            problems.push(format!("the truth, {}, is ruled out", truth.cause));
        }
        problems
    }

    /// Adds the connections that the server saw.
    pub fn count(&mut self, seen: u64, allowed: u64) {
        if seen > allowed {
            self.problems.push(format!(
                "the server saw {seen} connections, more than {allowed}"
            ));
        }
    }
}

impl Truth {
    fn admits(&self, id: &str) -> bool {
        self.cause == id || self.alike.iter().any(|alike| alike == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> Scenario {
        let text = r#"
            name = "x"
            title = "t"
            stage = "listener"
            story = "s"
            truth = { cause = "sshd-stopped", alike = ["config-invalid"] }
            expect = { outcome = "refused", stopped_stage = "listener" }
        "#;
        Scenario::read("x.toml".as_ref(), text).unwrap()
    }

    fn report(top: &str, other: &str, ruled_out: &str) -> Value {
        serde_json::json!({
            "outcome": "refused", "ssh_port_connections": 0,
            "stages": [{"stage": "route", "state": "passed"}, {"stage": "listener", "state": "stopped"}],
            "causes": [{"id": top, "probability": 0.6, "summary": ""}, {"id": other, "probability": 0.2, "summary": ""}],
            "ruled_out": [{"id": ruled_out, "because": ""}],
        })
    }

    #[test]
    fn the_truth_or_its_like_has_to_be_on_top() {
        let judged = |top, other| Verdict::judge(&scenario(), &report(top, other, "x"), Some(1));
        let right = judged("config-invalid", "sshd-stopped");
        assert_eq!(right.problems, Vec::<String>::new());
        assert!((right.log_loss().unwrap() - -(0.8_f64.ln())).abs() < 1e-9);
        assert_eq!(judged("port-changed", "sshd-stopped").problems.len(), 1);
    }

    #[test]
    fn ruling_out_the_truth_and_a_wrong_exit_status_are_problems() {
        let verdict = Verdict::judge(
            &scenario(),
            &report("config-invalid", "x", "sshd-stopped"),
            Some(0),
        );
        assert_eq!(verdict.problems.len(), 2, "{:?}", verdict.problems);
    }

    #[test]
    fn a_report_that_is_not_one_fails_in_every_respect() {
        let verdict = Verdict::judge(&scenario(), &Value::Null, None);
        assert!(verdict.problems.len() >= 5, "{:?}", verdict.problems);
        assert!(verdict.log_loss().unwrap() > 10.0);
    }
}
