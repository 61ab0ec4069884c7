//! Real texts of failing and of working connections, each with what it has to come to. `TEXTS=DIR` reads another folder.

use std::{collections::BTreeMap, error::Error, fs, path::PathBuf};

use serde::Deserialize;
use sshdoctor_case::StageState;
use sshdoctor_diagnose::text::{self, Explanation, Verdict};

/// What a text has to come to.
#[derive(Debug, Deserialize)]
struct Truth {
    /// The stage that stops; absent where nothing fails.
    stage: Option<String>,
    /// Other stages that the text alone leaves as plausible.
    #[serde(default)]
    or_stages: Vec<String>,
    /// In the contract's words.
    outcome: Option<String>,
    /// Causes that are acceptable as the likeliest.
    #[serde(default)]
    causes: Vec<String>,
    /// What was provoked.
    true_cause: Option<String>,
    /// Causes that must not be ruled out.
    #[serde(default)]
    never: Vec<String>,
}

fn folder() -> PathBuf {
    std::env::var_os("TEXTS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/texts"),
        PathBuf::from,
    )
}

/// By their names.
type Texts = BTreeMap<String, (Truth, Vec<u8>)>;

fn texts() -> Result<Texts, Box<dyn Error>> {
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let truth = toml::from_str(&fs::read_to_string(&path)?)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            let text = fs::read(path.with_extension("txt"))?;
            let name = path.file_stem().unwrap_or_default();
            texts.insert(name.to_string_lossy().into_owned(), (truth, text));
        }
    }
    Ok(texts)
}

fn stopped(explanation: &Explanation) -> Option<&'static str> {
    explanation
        .report
        .stages
        .iter()
        .find(|finding| finding.state == StageState::Stopped)
        .map(|finding| finding.stage.id())
}

#[derive(Debug, Default)]
struct Score {
    texts: usize,
    stage: usize,
    cause: usize,
}

#[test]
fn texts_come_to_what_was_provoked() {
    let mut score = Score::default();
    let mut wrong = Vec::new();
    let mut missed = Vec::new();
    for (name, (truth, text)) in texts().unwrap() {
        let explanation = text::explain(&text, "the text");
        let top = explanation.report.causes.first().map(|c| c.id.as_str());
        let said = stopped(&explanation);
        for id in truth.never.iter().chain(&truth.true_cause) {
            if explanation.report.ruled_out.iter().any(|out| out.id == *id) {
                wrong.push(format!("{name}: rules out {id}, which is true"));
            }
        }
        let fails = truth.stage.is_some() && truth.outcome.as_deref() != Some("open");
        if !fails {
            if explanation.verdict == Verdict::Failed {
                wrong.push(format!(
                    "{name}: claims {top:?} at {said:?} where nothing fails"
                ));
            }
            continue;
        }
        score.texts += 1;
        let stage = truth.stage.as_deref().unwrap_or_default();
        if said.is_some_and(|said| said == stage || truth.or_stages.iter().any(|or| or == said)) {
            score.stage += 1;
        } else {
            missed.push(format!(
                "stage of {name}: {said:?}, not {stage} {:?} ({top:?})",
                truth.or_stages
            ));
        }
        if top.is_some_and(|top| truth.causes.iter().any(|id| id == top)) {
            score.cause += 1;
        } else {
            missed.push(format!(
                "cause of {name}: {top:?}, not {:?}; true {:?}",
                truth.causes, truth.true_cause
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let missed = missed.join("\n");
    assert!(score.texts >= 150, "{score:?}");
    assert!(score.stage * 100 >= score.texts * 97, "{score:?}\n{missed}");
    assert!(score.cause * 100 >= score.texts * 92, "{score:?}\n{missed}");
}
