//! `lab texts`: the words of real programs that fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use sshdoctor_lab::{
    LabError, Provocation, ProvokedText, Tree, compare_with_kept, load_provocations, provoke,
    write_text,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only texts whose name contains one of these.
    only: Vec<String>,
    /// List them and do nothing.
    #[arg(long)]
    list: bool,
    /// Print each text.
    #[arg(long)]
    verbose: bool,
    /// Keep each text with its meaning in this folder.
    #[arg(long)]
    record: Option<PathBuf>,
    /// How many at a time.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// Make the trees of programs that are missing: minutes, and a Debian mirror. Otherwise their texts are skipped.
    #[arg(long)]
    make_trees: bool,
}

/// Where the texts are kept.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../diagnose/tests/texts")
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, LabError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("texts");
    let chosen: Vec<Provocation> = load_provocations(&folder)?
        .into_iter()
        .filter(|one| {
            let wanted = |pattern: &String| one.name.contains(pattern);
            arguments.only.is_empty() || arguments.only.iter().any(wanted)
        })
        .collect();
    if arguments.list {
        return Ok(list(&chosen));
    }
    if !nix::unistd::Uid::effective().is_root() {
        return Err(LabError::Unfit(
            "only root may make the namespaces in which programs are made to fail".into(),
        ));
    }
    if arguments.make_trees {
        make_trees(&chosen)?;
    }
    Ok(provoke_all(chosen, arguments).conclude())
}

fn list(chosen: &[Provocation]) -> ExitCode {
    for one in chosen {
        let stage = one.stage.as_deref().unwrap_or("nothing fails");
        println!(
            "{:<44} {:<10} {stage:<17} {}",
            one.name, one.program, one.how
        );
    }
    println!("{} texts", chosen.len());
    ExitCode::SUCCESS
}

fn make_trees(chosen: &[Provocation]) -> Result<(), LabError> {
    for tree in Tree::ALL {
        if chosen.iter().any(|one| one.tree == tree) && !tree.is_made() {
            eprintln!("lab: making the tree of {}: minutes", tree.codename());
            tree.make()?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    skipped: BTreeMap<String, usize>,
}

impl Totals {
    fn conclude(&self) -> ExitCode {
        for (absent, count) in &self.skipped {
            println!("skipped {count}: {absent} is absent (--make-trees)");
        }
        let skipped: usize = self.skipped.values().sum();
        println!(
            "lab: {} passed, {} failed, {skipped} skipped",
            self.passed, self.failed
        );
        if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn take(
        &mut self,
        one: &Provocation,
        outcome: Result<Result<ProvokedText, String>, LabError>,
        arguments: &Arguments,
    ) {
        match outcome.and_then(|provoked| {
            provoked
                .map(|text| keep_or_compare(one, &text, arguments))
                .map_or_else(|absent| Ok(Err(absent)), |done| done.map(Ok))
        }) {
            Ok(Ok(())) => {
                self.passed += 1;
                println!("ok   {}", one.name);
            }
            Ok(Err(absent)) => {
                println!("skip {:<44} {absent} is absent", one.name);
                *self.skipped.entry(absent).or_default() += 1;
            }
            Err(error) => {
                self.failed += 1;
                println!("FAIL {error}");
            }
        }
    }
}

fn provoke_all(chosen: Vec<Provocation>, arguments: &Arguments) -> Totals {
    let waiting = Mutex::new(chosen.into_iter());
    let totals = Mutex::new(Totals::default());
    let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                while let Some(one) = next() {
                    let outcome = provoke(&one);
                    if let Ok(mut totals) = totals.lock() {
                        totals.take(&one, outcome, arguments);
                    }
                }
            });
        }
    });
    totals.into_inner().unwrap_or_default()
}

/// Keeps the text where that is asked for; otherwise the kept one must still hold the words that decide.
fn keep_or_compare(
    one: &Provocation,
    provoked: &ProvokedText,
    arguments: &Arguments,
) -> Result<(), LabError> {
    if arguments.verbose {
        println!(
            "---- {}\n{}",
            one.name,
            String::from_utf8_lossy(&provoked.text)
        );
    }
    match &arguments.record {
        Some(folder) => write_text(folder, one, provoked),
        None => compare_with_kept(one, &kept()),
    }
}
