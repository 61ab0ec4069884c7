//! The manual pages of the causes as a book, and the scenarios of the lab that prove each of them.

mod markdown;

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use sshdoctor_case::CausePage;
use sshdoctor_diagnose::catalogue;

use crate::process;

/// The names of the scenarios that build each cause, as `lab` takes them.
type Scenarios = BTreeMap<String, Vec<String>>;

/// A file and what it holds.
type Document = (PathBuf, String);

/// The part of a scenario that names its cause: `truth` where the lab judges from outside, `expect` on booted hosts.
#[derive(Deserialize)]
struct Scenario {
    name: String,
    truth: Option<Named>,
    expect: Option<Named>,
}

#[derive(Deserialize, Default)]
struct Named {
    #[serde(default)]
    cause: String,
}

/// Folders of scenarios, and how `lab` is told to run one.
const FOLDERS: [(&str, &str); 2] = [
    ("crates/lab/scenarios", "run"),
    ("crates/lab/booted-scenarios", "booted"),
];

fn scenarios() -> anyhow::Result<Scenarios> {
    let mut proving = Scenarios::new();
    for (folder, command) in FOLDERS {
        let folder = process::root().join(folder);
        for entry in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "toml")
                || path.file_name().is_some_and(|name| name == "alike.toml")
            {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let scenario: Scenario =
                toml::from_str(&text).with_context(|| format!("{}", path.display()))?;
            let named = scenario.truth.or(scenario.expect);
            let cause = named.unwrap_or_default().cause;
            if !cause.is_empty() {
                let names = proving.entry(cause).or_default();
                names.push(format!("{command} {}", scenario.name));
            }
        }
    }
    for names in proving.values_mut() {
        names.sort();
    }
    Ok(proving)
}

/// The list as the catalogue includes it.
fn list(scenarios: &Scenarios) -> Document {
    let mut text = String::from(
        "//! Which scenarios of the lab build each cause, as `lab` takes them. Made by `cargo xtask causes`.\n\n\
         #[rustfmt::skip]\npub(super) const PROVING: &[(&str, &[&str])] = &[\n",
    );
    for (cause, names) in scenarios {
        text.push_str(&format!("    ({cause:?}, &{names:?}),\n"));
    }
    text.push_str("];\n");
    let path = process::root().join("crates/diagnose/src/catalogue/scenarios.rs");
    (path, text)
}

/// Every page, and the index.
fn book(scenarios: &Scenarios) -> Vec<Document> {
    let directory = process::root().join("docs/causes");
    let pages: Vec<CausePage> = catalogue::all()
        .map(|cause| CausePage {
            scenarios: scenarios.get(cause.id).cloned().unwrap_or_default(),
            ..catalogue::page(cause)
        })
        .collect();
    let mut documents: Vec<Document> = pages
        .iter()
        .map(|page| {
            (
                directory.join(format!("{}.md", page.id)),
                markdown::page(page),
            )
        })
        .collect();
    documents.push((directory.join("README.md"), markdown::index(&pages)));
    documents
}

fn documents() -> anyhow::Result<Vec<Document>> {
    let scenarios = scenarios()?;
    let mut documents = book(&scenarios);
    documents.push(list(&scenarios));
    Ok(documents)
}

/// Writes them.
pub(crate) fn write() -> anyhow::Result<()> {
    let documents = documents()?;
    fs::create_dir_all(process::root().join("docs/causes"))?;
    for (path, text) in &documents {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("wrote {} files", documents.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_pages_are_those_of_the_catalogue() {
        let documents = documents().unwrap();
        for (path, text) in &documents {
            let checked_in = fs::read_to_string(path).unwrap_or_default();
            assert!(
                checked_in == *text,
                "{} is out of date: cargo xtask causes",
                path.display()
            );
        }
        for entry in fs::read_dir(process::root().join("docs/causes")).unwrap() {
            let path = entry.unwrap().path();
            assert!(
                documents.iter().any(|(known, _)| *known == path),
                "{} is no page of a cause",
                path.display()
            );
        }
    }

    #[test]
    fn every_scenario_names_a_cause_of_the_catalogue() {
        for cause in scenarios().unwrap().keys() {
            assert!(catalogue::find(cause).is_some(), "{cause}");
        }
    }
}
