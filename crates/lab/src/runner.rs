//! Many scenarios at a time, each in a sandbox of its own.

use std::ffi::OsString;
use std::io::Read;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Doing, LabError};
use crate::sandbox::Sandbox;
use crate::trial::Trial;

/// Longest time for one scenario, with everything around it: a host may boot twice, and log-ins may hang.
const DEADLINE: Duration = Duration::from_secs(150);

/// What to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Scenarios: a name that the re-executed program understands, each.
    pub scenarios: Vec<String>,
    /// How many at a time.
    pub jobs: usize,
    /// Arguments with which this very program comes back to trying the scenario that
    /// [`crate::SANDBOX_VARIABLE`] names, and prints what [`encode`] makes of it.
    pub arguments: Vec<OsString>,
}

/// One scenario is done.
#[derive(Debug)]
pub struct Finished<T = Trial> {
    /// As in the plan.
    pub scenario: String,
    /// What came of it.
    pub trial: Result<T, LabError>,
}

/// Runs every scenario of the plan, and hands over each result as it comes.
pub fn run_all<T: DeserializeOwned + Send>(plan: &Plan, mut on_result: impl FnMut(Finished<T>)) {
    let waiting = Mutex::new(plan.scenarios.iter());
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            let sender = sender.clone();
            scope.spawn(|| work(&waiting, plan, sender));
        }
        drop(sender);
        receiver.iter().for_each(&mut on_result);
    });
}

fn work<T: DeserializeOwned>(
    waiting: &Mutex<std::slice::Iter<'_, String>>,
    plan: &Plan,
    results: Sender<Finished<T>>,
) {
    loop {
        let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
        let Some(scenario) = next else { return };
        let finished = Finished {
            scenario: scenario.clone(),
            trial: in_sandbox(scenario, &plan.arguments),
        };
        if results.send(finished).is_err() {
            return;
        }
    }
}

/// Runs this program again for one scenario, in a sandbox, and reads the trial it prints.
pub(crate) fn in_sandbox<T: DeserializeOwned>(
    scenario: &str,
    arguments: &[OsString],
) -> Result<T, LabError> {
    let (mut answer, output) = std::io::pipe().doing("make a pipe")?;
    let sandbox = Sandbox::start(arguments, scenario, Some(output.into()))?;
    let mut text = String::new();
    let (sender, receiver) = channel::<()>();
    let status = std::thread::scope(|scope| {
        let (watched, sandbox) = (&sandbox, &sandbox);
        scope.spawn(move || {
            if receiver
                .recv_timeout(DEADLINE)
                .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                watched.kill();
            }
        });
        let read = answer.read_to_string(&mut text);
        let status = sandbox.wait();
        drop(sender);
        read.and(status)
    })
    .doing("wait for the sandbox")?;
    let answer: Result<T, String> = serde_json::from_str(&text).map_err(|error| {
        LabError::NoAnswer(format!("status {status}, {error}: {}", text.trim()))
    })?;
    answer.map_err(LabError::Inside)
}

/// What the process in a sandbox has to print for the process outside.
///
/// # Errors
/// When it is no JSON, which does not happen.
pub fn encode<T: Serialize>(trial: &Result<T, LabError>) -> Result<String, LabError> {
    let plain = trial.as_ref().map_err(ToString::to_string);
    serde_json::to_string(&plain).map_err(|error| LabError::NoAnswer(error.to_string()))
}

/// Runs this program again for one scenario, in a sandbox, on this terminal; gives its exit status.
///
/// # Errors
/// When new namespaces are not allowed.
pub fn run_interactive(scenario: &str, arguments: &[OsString]) -> Result<i32, LabError> {
    let sandbox = Sandbox::start(arguments, scenario, None)?;
    sandbox.wait().doing("wait for the sandbox")
}
