//! Real lockouts on purpose.
//!
//! A [`Scenario`] is a data file: a small network, how it is broken, the truth, and what nobody could tell apart from the
//! truth from outside. Each one is built in private namespaces (hosts are network namespaces, with real sshd, real packet
//! filters and a link with real delay), the real program is run at the client, and its report is judged.
//!
//! Everything lives in the namespaces of one process that is their pid 1: when it ends, by whatever signal, nothing is left.

mod booted;
mod broken;
mod deadline;
mod demo;
mod error;
mod files;
mod judge;
mod keys;
mod link;
mod load;
mod namespace;
mod packet_filter;
mod peer;
mod reading;
mod runner;
mod sandbox;
mod scenario;
mod services;
mod system;
mod texts;
mod tool_rules;
mod topology;
mod trial;

pub use booted::{
    BootedScenario, BootedTrial, Fixtures, Image, InsideRun, InsideVerdict, Measured, Release,
    measure_on_booted, open_booted_shell, sweep_control_groups, try_booted_scenario,
};
pub use demo::{Demonstration, demo_scenarios, demonstrate};
pub use error::LabError;
pub use judge::{Candidate, Verdict};
pub use packet_filter::{
    Cases, Deciding, Dumped, Dumps, FilterCase, FilterPacket, FuzzEvent, FuzzPlan, FuzzTotals,
    Judge, Judgement, Load, LoadKind, Loaded, Outcome, Regression, RuleName, RulePlace, Sent,
    StepVerdict, TraceStep, Tried, fuzz, judge_as_loaded, judge_by_filter, random_case, read_dump,
    try_dumps,
};
pub use runner::{Finished, Plan, encode, run_all, run_interactive};
pub use sandbox::{SANDBOX_VARIABLE, run_again_inside};
pub use scenario::{Expectation, STAGES, Scenario, Truth};
pub use texts::{
    Provocation, ProvokedText, Tree, compare_with_kept, load_provocations, provoke, write_text,
};
pub use tool_rules::{Recording, Situation, observe_for_sandbox, record_all};
pub use trial::{Trial, open_shell, try_scenario};
