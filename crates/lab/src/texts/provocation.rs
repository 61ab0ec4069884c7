//! Provocations as data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::tree::Tree;
use super::wrapping::Wrapping;
use crate::error::{Doing, LabError};

/// How one text comes about, and what it means.
#[derive(Debug, Clone)]
pub struct Provocation {
    /// Its name, also that of the text.
    pub name: String,
    /// Where its programs are from.
    pub tree: Tree,
    /// Whose words it is: `OpenSSH`, `dropbear` and so on.
    pub program: String,
    /// The package whose version is the program's.
    pub package: String,
    /// Whose side speaks: `client`, `server` or `both`.
    pub side: String,
    /// How it comes about, in one sentence.
    pub how: String,
    /// The stage that fails; nothing when none does.
    pub stage: Option<String>,
    /// Other stages that the text leaves possible.
    pub or_stages: Vec<String>,
    /// What the client sees, in the words of the contract.
    pub outcome: Option<String>,
    /// The causes of which the text alone leaves each plausible as the best answer.
    pub causes: Vec<String>,
    /// The cause that was provoked.
    pub true_cause: Option<String>,
    /// The words that decide: the text must hold each of them.
    pub decisive: Vec<String>,
    /// For `bash -eu` in the tree, as root; the text is what it writes to `/run/text`.
    pub run: String,
    /// What the lines are wrapped in afterwards, in this order.
    pub wrapped: Vec<Wrapping>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    /// Causes that look alike in a text; a text's `causes` name such a group as `@NAME`.
    #[serde(default)]
    alike: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    text: Vec<Written>,
}

/// What stands in a file; with `of`, everything that is left out is as in the provocation of that name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    of: Option<String>,
    tree: Option<Tree>,
    program: Option<String>,
    side: Option<String>,
    how: Option<String>,
    stage: Option<String>,
    or_stages: Option<Vec<String>>,
    /// `unclear` where the text leaves it open.
    outcome: Option<String>,
    causes: Option<Vec<String>>,
    true_cause: Option<String>,
    decisive: Option<Vec<String>>,
    run: Option<String>,
    #[serde(default)]
    wrapped: Vec<Wrapping>,
}

/// Every provocation of a folder's files, in their order.
///
/// # Errors
/// When a file cannot be read, or names one that does not exist.
pub fn load_provocations(folder: &Path) -> Result<Vec<Provocation>, LabError> {
    let what = format!("list {}", folder.display());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .doing(&what)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
        .collect();
    files.sort();
    let mut written = Vec::new();
    let mut alike = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).doing(format!("read {}", file.display()))?;
        let family: Family = toml::from_str(&text).map_err(|error| LabError::Scenario {
            file,
            message: error.to_string(),
        })?;
        written.extend(family.text);
        alike.extend(family.alike);
    }
    let mut all = resolve(written)?;
    for provocation in &mut all {
        provocation.causes = spell_out(provocation, &alike)?;
    }
    Ok(all)
}

fn spell_out(
    provocation: &Provocation,
    alike: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<String>, LabError> {
    let mut causes: Vec<String> = provocation.true_cause.iter().cloned().collect();
    for given in &provocation.causes {
        let one = std::slice::from_ref(given);
        let meant = match given.strip_prefix('@') {
            Some(group) => alike.get(group).map_or(&[][..], Vec::as_slice),
            None => one,
        };
        if meant.is_empty() {
            let name = &provocation.name;
            return Err(LabError::Unfit(format!(
                "{name}: nothing is alike as {given}"
            )));
        }
        causes.extend(
            meant
                .iter()
                .filter(|id| provocation.true_cause.as_ref() != Some(id))
                .cloned(),
        );
    }
    Ok(causes)
}

/// Completes each after the one that it is made of, wherever that stands.
fn resolve(written: Vec<Written>) -> Result<Vec<Provocation>, LabError> {
    let mut all: Vec<Provocation> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut waiting = written;
    while !waiting.is_empty() {
        let is_ready = |one: &Written| one.of.as_ref().is_none_or(|base| known.contains_key(base));
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_ready);
        if let (true, Some(lost)) = (ready.is_empty(), rest.first()) {
            let base = lost.of.as_deref().unwrap_or_default();
            return Err(LabError::Unfit(format!(
                "{}: there is no text {base} to make it of",
                lost.name
            )));
        }
        for one in ready {
            let base = one
                .of
                .as_ref()
                .and_then(|base| all.get(*known.get(base)?))
                .cloned();
            let provocation = one.complete(base.as_ref())?;
            if known.insert(provocation.name.clone(), all.len()).is_some() {
                return Err(LabError::Unfit(format!(
                    "two texts are called {}",
                    provocation.name
                )));
            }
            all.push(provocation);
        }
        waiting = rest;
    }
    Ok(all)
}

impl Written {
    fn complete(self, base: Option<&Provocation>) -> Result<Provocation, LabError> {
        let missing = |field| LabError::Unfit(format!("{}: no {field}", self.name));
        let program = self
            .program
            .or_else(|| base.map(|base| base.program.clone()))
            .unwrap_or_else(|| "OpenSSH".to_owned());
        let side = self
            .side
            .or_else(|| base.map(|base| base.side.clone()))
            .unwrap_or_else(|| "client".to_owned());
        let package = package_of(&program, &side).to_owned();
        let true_cause = self
            .true_cause
            .or_else(|| base.and_then(|base| base.true_cause.clone()));
        let causes = self
            .causes
            .or_else(|| base.map(|base| base.causes.clone()))
            .unwrap_or_else(|| true_cause.iter().cloned().collect());
        Ok(Provocation {
            tree: self.tree.or(base.map(|base| base.tree)).unwrap_or_default(),
            how: self
                .how
                .or_else(|| base.map(|base| base.how.clone()))
                .ok_or_else(|| missing("how"))?,
            run: self
                .run
                .or_else(|| base.map(|base| base.run.clone()))
                .ok_or_else(|| missing("run"))?,
            decisive: self
                .decisive
                .or_else(|| base.map(|base| base.decisive.clone()))
                .ok_or_else(|| missing("decisive"))?,
            or_stages: self
                .or_stages
                .or_else(|| base.map(|base| base.or_stages.clone()))
                .unwrap_or_default(),
            stage: self
                .stage
                .or_else(|| base.and_then(|base| base.stage.clone())),
            outcome: self
                .outcome
                .or_else(|| base.and_then(|base| base.outcome.clone()))
                .filter(|outcome| outcome != "unclear"),
            name: self.name,
            program,
            package,
            side,
            causes,
            true_cause,
            wrapped: self.wrapped,
        })
    }
}

/// The Debian package that has a program.
fn package_of<'a>(program: &'a str, side: &str) -> &'a str {
    match (program, side) {
        ("OpenSSH", "server") => "openssh-server",
        ("OpenSSH", _) => "openssh-client",
        ("dropbear", _) => "dropbear-bin",
        ("plink" | "psftp" | "pscp", _) => "putty-tools",
        ("paramiko", _) => "python3-paramiko",
        ("asyncssh", _) => "python3-asyncssh",
        ("ansible", _) => "ansible-core",
        ("libssh", _) => "libssh-4",
        (other, _) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, Written, resolve};

    fn written(text: &str) -> Vec<Written> {
        toml::from_str::<Family>(text)
            .expect("a well-formed family")
            .text
    }

    const CHAIN: &str = r#"
        [[text]]
        name = "third"
        of = "second"
        [[text]]
        name = "second"
        of = "first"
        stage = "banner"
        [[text]]
        name = "first"
        how = "nothing listens"
        stage = "listener"
        decisive = ["refused"]
        run = "record true"
    "#;

    #[test]
    fn a_text_is_made_of_one_that_stands_after_it() {
        let all = resolve(written(CHAIN)).expect("all are there");
        let third = all.iter().find(|one| one.name == "third");
        let third = third.expect("it is among them");
        assert_eq!(third.stage.as_deref(), Some("banner"));
        assert_eq!(third.decisive, ["refused"]);
    }

    #[test]
    fn a_text_of_itself_or_of_nothing_is_named() {
        for base in ["lost", "nowhere"] {
            let text = format!("[[text]]\nname = \"lost\"\nof = \"{base}\"\n");
            let error = resolve(written(&text)).expect_err("it cannot be made");
            assert!(error.to_string().starts_with("lost: "), "{error}");
        }
    }
}
