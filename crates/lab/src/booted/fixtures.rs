//! What the booted hosts showed, kept so that the reasoning can be tried again in milliseconds and without root.
//!
//! Most facts are the same on many hosts. They are kept once, one on each line of `facts.jsonl`, and each case on one line of
//! `cases.jsonl` names its facts. When something was looked at and how long that took is not kept: no conclusion depends on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{Doing, LabError};

const FACTS: &str = "facts.jsonl";
const CASES: &str = "cases.jsonl";

/// The vantage that is not written down.
const SERVER: &str = "server";

/// Bytes of the SHA-256 sum that name a fact: of some thousands no two share so many.
const ID_BYTES: usize = 6;

/// The cases of a folder.
#[derive(Debug, Clone, Default)]
pub struct Fixtures {
    facts: BTreeMap<String, Value>,
    cases: BTreeMap<String, KeptCase>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptFact {
    id: String,
    fact: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptCase {
    name: String,
    /// Everything but its observations.
    case: Map<String, Value>,
    /// Ids of the facts; before that of another vantage than the server its name and a space.
    seen: Vec<String>,
}

impl Fixtures {
    /// Reads a folder; one that does not exist yet holds nothing.
    ///
    /// # Errors
    /// When a file cannot be read, is not of this form, or names a fact that is not there.
    pub fn read(folder: &Path) -> Result<Self, LabError> {
        let mut fixtures = Self::default();
        for kept in lines::<KeptFact>(&folder.join(FACTS))? {
            fixtures.facts.insert(kept.id, kept.fact);
        }
        for kept in lines::<KeptCase>(&folder.join(CASES))? {
            for id in kept.seen.iter().map(|seen| named(seen).1) {
                if !fixtures.facts.contains_key(id) {
                    return Err(LabError::Unfit(format!("{}: no fact {id}", kept.name)));
                }
            }
            fixtures.cases.insert(kept.name.clone(), kept);
        }
        Ok(fixtures)
    }

    /// Keeps a saved case under a name, in place of what was kept under it before.
    pub fn keep(&mut self, name: &str, case: Value) {
        let Value::Object(mut case) = case else {
            return;
        };
        let observations = case.remove("observations").unwrap_or_default();
        let mut seen = Vec::new();
        for mut observation in observations.as_array().cloned().unwrap_or_default() {
            let fact = observation["fact"].take();
            let id = id_of(&fact);
            seen.push(match observation["vantage"].as_str() {
                None | Some(SERVER) => id.clone(),
                Some(other) => format!("{other} {id}"),
            });
            self.facts.insert(id, fact);
        }
        let name = name.to_owned();
        self.cases
            .insert(name.clone(), KeptCase { name, case, seen });
    }

    /// Names of the cases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.cases.keys().map(String::as_str)
    }

    /// A case as a document of the program.
    #[must_use]
    pub fn case(&self, name: &str) -> Option<Value> {
        let kept = self.cases.get(name)?;
        let observation = |seen: &String| {
            let (vantage, id) = named(seen);
            serde_json::json!({
                "vantage": vantage,
                "at_ms": 0.0,
                "elapsed_ms": 0.0,
                "fact": self.facts.get(id),
            })
        };
        let mut case = kept.case.clone();
        let observations = kept.seen.iter().map(observation).collect();
        case.insert("observations".into(), Value::Array(observations));
        Some(Value::Object(case))
    }

    /// Writes the folder, without facts that no case names any more.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn write(&self, folder: &Path) -> Result<(), LabError> {
        let what = format!("write the cases in {}", folder.display());
        fs::create_dir_all(folder).doing(&what)?;
        let needed: BTreeSet<&str> = self
            .cases
            .values()
            .flat_map(|case| &case.seen)
            .map(|seen| named(seen).1)
            .collect();
        let mut facts: Vec<KeptFact> = self
            .facts
            .iter()
            .filter(|(id, _)| needed.contains(id.as_str()))
            .map(|(id, fact)| KeptFact {
                id: id.clone(),
                fact: fact.clone(),
            })
            .collect();
        facts.sort_by(|a, b| {
            let kind = |kept: &KeptFact| kept.fact["kind"].as_str().unwrap_or("").to_owned();
            kind(a).cmp(&kind(b)).then_with(|| a.id.cmp(&b.id))
        });
        fs::write(folder.join(FACTS), text(&facts)?).doing(&what)?;
        let cases: Vec<&KeptCase> = self.cases.values().collect();
        fs::write(folder.join(CASES), text(&cases)?).doing(&what)
    }
}

/// The vantage and the id.
fn named(seen: &str) -> (&str, &str) {
    seen.rsplit_once(' ').unwrap_or((SERVER, seen))
}

fn id_of(fact: &Value) -> String {
    let sum = Sha256::digest(fact.to_string().as_bytes());
    sum.iter()
        .take(ID_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn lines<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<Vec<T>, LabError> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.doing(format!("read {}", file.display()))?,
    };
    text.lines()
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| LabError::Scenario {
                file: file.to_owned(),
                message: format!("line {}: {error}", index + 1),
            })
        })
        .collect()
}

fn text<T: Serialize>(all: &[T]) -> Result<String, LabError> {
    let mut text = String::new();
    for one in all {
        let line =
            serde_json::to_string(one).map_err(|error| LabError::NoAnswer(error.to_string()))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}
