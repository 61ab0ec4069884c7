//! The answer.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Fact, Stage, Vantage};

/// Value of `schema` in a report.
pub const REPORT_SCHEMA: &str = "sshdoctor.report/1";

/// What the client experiences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each name is the contract's own word")]
pub enum Outcome {
    Open,
    NameNotFound,
    ClientError,
    Unreachable,
    TimedOut,
    Refused,
    Reset,
    ClosedEarly,
    Silent,
    NotSsh,
    NoCommonAlgorithm,
    KeyExchangeHung,
    HostKeyMismatch,
    LoginRefused,
    SessionFailed,
    /// Nothing was said that tells.
    Unknown,
}

/// State of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StageState {
    /// The connection got past it.
    Passed,
    /// The connection stops here.
    Stopped,
    /// It may stop here; evidence does not tell.
    Unknown,
    /// The connection never came this far.
    NotReached,
}

/// One stage in the report.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StageFinding {
    /// Which stage.
    pub stage: Stage,
    /// Its state.
    pub state: StageState,
    /// In a few words; empty when there is nothing to say.
    pub summary: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// The smallest change that would mend a cause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remedy {
    /// In one sentence.
    pub summary: String,
    /// Commands, in order, in the words of the server's distribution as far as it is known.
    pub commands: Vec<String>,
    /// The same where systemd does not run; empty when the commands hold there too.
    pub commands_without_systemd: Vec<String>,
    /// What not to do.
    pub avoid: String,
}

/// A line of a file, of a log or of a listing, with what in it matters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Quotation {
    /// The file, or what listed it.
    pub source: String,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// As it stands there.
    pub text: String,
    /// Characters that matter: the first, and how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<(usize, usize)>,
    /// What is wrong with them, in a few words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// One possible cause.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Candidate {
    /// Catalogue id.
    pub id: String,
    /// From 0 to 1.
    pub probability: f64,
    /// In one line.
    pub summary: String,
    /// Why it is believed, or why it cannot be told apart, in a few words.
    pub because: String,
    /// From what the client meets to this cause, link by link, where that was seen on the server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// The line that proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotation: Option<Quotation>,
    /// Ids of the evidence that speaks for it.
    pub evidence: Vec<String>,
    /// Commands on the server (or client) that confirm it.
    pub confirm: Vec<String>,
    /// The same where systemd does not run; empty when the commands hold there too.
    pub confirm_without_systemd: Vec<String>,
    /// The smallest safe remedy.
    pub remedy: Remedy,
}

/// A cause that the evidence contradicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuledOut {
    /// Catalogue id.
    pub id: String,
    /// The cause in one line.
    pub summary: String,
    /// What contradicts it, in a few words.
    pub because: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// Something that lets clients in now and will not after the next restart or reboot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Later {
    /// Catalogue id.
    pub id: String,
    /// In one line.
    pub summary: String,
    /// What mends it; empty when that takes more than a command.
    pub command: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// Where a command is to be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Where {
    /// The machine `ssh` is typed on.
    Client,
    /// The server, on its console.
    Server,
    /// The provider's web panel or API.
    Provider,
    /// A jump host.
    JumpHost,
}

/// One thing to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NextStep {
    /// What for.
    pub summary: String,
    /// Exactly what to type; empty when there is nothing to type.
    pub command: String,
    /// Where to type it.
    #[serde(rename = "where")]
    pub place: Where,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    /// `e1`, `e2`, …
    pub id: String,
    /// From where it was seen.
    pub vantage: Vantage,
    /// Milliseconds from the start of the run.
    pub at_ms: f64,
    /// Milliseconds it took.
    pub elapsed_ms: f64,
    /// In one line.
    pub summary: String,
    /// `kind` and the typed fields of that kind.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What was to be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TargetSummary {
    /// As typed.
    pub given: String,
    /// The resolved host name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: Option<String>,
    /// Every address, in the order in which `ssh` tries them.
    pub addresses: Vec<IpAddr>,
}

/// Something that the two ends of a connection see differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Contradiction {
    /// In one sentence.
    pub summary: String,
    /// Ids of the evidence, of both ends.
    pub evidence: Vec<String>,
}

/// What came of comparing both ends of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BothEnds {
    /// When the client's end was looked at.
    #[schemars(with = "String")]
    pub client_at: jiff::Timestamp,
    /// When the server's end was looked at.
    #[schemars(with = "String")]
    pub server_at: jiff::Timestamp,
    /// What the client meets, by what it saw itself.
    pub client_outcome: Outcome,
    /// What the client would meet, by what the server shows.
    pub server_outcome: Outcome,
    /// What the two see differently.
    pub contradictions: Vec<Contradiction>,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// [`REPORT_SCHEMA`].
    pub schema: String,
    /// The command that made it, for example `check`.
    pub command: String,
    /// The answer in one sentence.
    pub headline: String,
    /// What was to be reached.
    pub target: TargetSummary,
    /// What the client experiences.
    pub outcome: Outcome,
    /// What both ends say of each other, where both were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub both_ends: Option<BothEnds>,
    /// Every stage, in order.
    pub stages: Vec<StageFinding>,
    /// Most probable first.
    pub causes: Vec<Candidate>,
    /// What would stop the connection after the first of `causes` is mended, in the order in which it is met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Candidate>,
    /// What will keep clients out after the next restart or reboot.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Later>,
    /// Contradicted by the evidence.
    pub ruled_out: Vec<RuledOut>,
    /// What to do next, best first.
    pub next: Vec<NextStep>,
    /// Remarks that do not stop this connection.
    pub notes: Vec<String>,
    /// Completed connections to the SSH port during the run.
    pub ssh_port_connections: u32,
    /// Everything that was seen.
    pub evidence: Vec<Evidence>,
}

impl Report {
    /// What was found of a stage.
    #[must_use]
    pub fn finding(&self, stage: Stage) -> Option<&StageFinding> {
        self.stages.iter().find(|finding| finding.stage == stage)
    }

    /// The first stage that stops the connection.
    #[must_use]
    pub fn stopped(&self) -> Option<&StageFinding> {
        let stops = |finding: &&StageFinding| finding.state == StageState::Stopped;
        self.stages.iter().find(stops)
    }
}
