//! The kept texts: well-formed, enough of them over all stages, and those that were provoked as their provocations say.
//! `lab texts` provokes them again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sshdoctor_diagnose::catalogue;
use sshdoctor_lab::{STAGES, compare_with_kept, load_provocations};

const LARGEST: u64 = 40 * 1024;

const OUTCOMES: [&str; 15] = [
    "open",
    "name-not-found",
    "client-error",
    "unreachable",
    "timed-out",
    "refused",
    "reset",
    "closed-early",
    "silent",
    "not-ssh",
    "no-common-algorithm",
    "key-exchange-hung",
    "host-key-mismatch",
    "login-refused",
    "session-failed",
];

/// What stands beside a text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meaning {
    program: String,
    version: String,
    platform: String,
    side: String,
    provoked: bool,
    how: String,
    stage: Option<String>,
    #[serde(default)]
    or_stages: Vec<String>,
    outcome: Option<String>,
    causes: Vec<String>,
    true_cause: Option<String>,
    #[serde(default)]
    decisive: Vec<String>,
    #[serde(default)]
    wrapped: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../diagnose/tests/texts")
}

fn meanings() -> BTreeMap<String, Meaning> {
    let entries = std::fs::read_dir(folder()).expect("there are texts");
    entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable meaning");
            let meaning =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = path.file_stem().expect("a name").to_string_lossy();
            (name.into_owned(), meaning)
        })
        .collect()
}

#[test]
fn every_text_has_a_meaning_in_the_words_of_the_contract() {
    for (name, meaning) in meanings() {
        let size = std::fs::metadata(folder().join(format!("{name}.txt")))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .len();
        assert!(size <= LARGEST, "{name}: {size} bytes");
        assert!(
            !meaning.how.is_empty() && !meaning.program.is_empty(),
            "{name}"
        );
        assert!(!meaning.provoked || !meaning.version.is_empty(), "{name}");
        let platforms = ["linux", "macos", "windows"];
        assert!(platforms.contains(&meaning.platform.as_str()), "{name}");
        assert!(
            ["client", "server", "both"].contains(&meaning.side.as_str()),
            "{name}"
        );
        for stage in meaning.stage.iter().chain(&meaning.or_stages) {
            assert!(STAGES.contains(&stage.as_str()), "{name}: {stage}");
        }
        if let Some(outcome) = &meaning.outcome {
            assert!(OUTCOMES.contains(&outcome.as_str()), "{name}: {outcome}");
        }
    }
}

#[test]
fn a_failure_has_its_cause_and_what_does_not_fail_has_none() {
    for (name, meaning) in meanings() {
        let fails = meaning.stage.is_some();
        assert_eq!(fails, meaning.true_cause.is_some(), "{name}");
        assert_eq!(fails, !meaning.causes.is_empty(), "{name}");
        assert!(!fails || !meaning.decisive.is_empty(), "{name}");
        assert!(
            !fails || meaning.outcome.as_deref() != Some("open"),
            "{name}"
        );
        for id in meaning.causes.iter().chain(&meaning.true_cause) {
            assert!(catalogue::find(id).is_some(), "{name}: {id}");
        }
        let among = |id: &String| meaning.causes.contains(id);
        assert!(meaning.true_cause.as_ref().is_none_or(among), "{name}");
    }
}

#[test]
fn the_words_that_decide_stand_in_the_text() {
    for (name, meaning) in meanings() {
        let text = std::fs::read(folder().join(format!("{name}.txt"))).expect("a readable text");
        let text = String::from_utf8_lossy(&text);
        for words in meaning
            .decisive
            .iter()
            .filter(|_| meaning.wrapped.is_empty())
        {
            assert!(text.contains(words.as_str()), "{name}: no {words:?}");
        }
    }
}

#[test]
fn all_stages_sides_and_wrappings_are_met() {
    let all = meanings();
    let mut stages: BTreeMap<&str, usize> = BTreeMap::new();
    for meaning in all.values() {
        let stage = meaning.stage.as_deref().unwrap_or("none");
        *stages.entry(stage).or_default() += 1;
    }
    for stage in STAGES.iter().filter(|stage| **stage != "host-firewall") {
        assert!(
            stages.get(stage).is_some_and(|count| *count >= 10),
            "{stage}: {stages:?}"
        );
    }
    assert!(stages["none"] >= 30, "{stages:?}");
    let count = |which: fn(&Meaning) -> bool| all.values().filter(|one| which(one)).count();
    assert!(count(|one| one.provoked && one.stage.is_some()) >= 220);
    assert!(count(|one| one.side == "server") >= 60);
    assert!(count(|one| one.side == "both") >= 3);
    assert!(count(|one| one.platform == "macos") >= 8);
    assert!(count(|one| one.platform == "windows") >= 8);
    let wrappings: BTreeSet<&String> = all.values().flat_map(|one| &one.wrapped).collect();
    assert!(wrappings.len() >= 20, "{wrappings:?}");
    let programs: BTreeSet<&String> = all.values().map(|one| &one.program).collect();
    assert!(programs.len() >= 12, "{programs:?}");
}

#[test]
fn what_is_kept_is_what_the_provocations_say() {
    let provocations = Path::new(env!("CARGO_MANIFEST_DIR")).join("texts");
    let mut missing: BTreeSet<String> = meanings()
        .into_iter()
        .filter(|(_, meaning)| meaning.provoked)
        .map(|(name, _)| name)
        .collect();
    for provocation in load_provocations(&provocations).unwrap_or_else(|error| panic!("{error}")) {
        compare_with_kept(&provocation, &folder()).unwrap_or_else(|error| panic!("{error}"));
        missing.remove(&provocation.name);
    }
    assert!(missing.is_empty(), "nothing provokes {missing:?}");
}
