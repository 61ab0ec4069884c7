//! `lab`: sends `sshdoctor` through every lockout.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is its output"
)]

mod booted_command;
mod corpora;
mod fuzz_filter;
mod texts_command;
mod tool_rules_command;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sshdoctor_lab::{
    Finished, LabError, Plan, SANDBOX_VARIABLE, Scenario, Trial, encode, open_shell, run_all,
    try_scenario,
};

/// Sends sshdoctor through lockouts made on purpose.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios and judge each report.
    Run(RunArguments),
    /// Run scenarios and print the table of log losses.
    Score(RunArguments),
    /// List the scenarios.
    List,
    /// Leave a scenario up and open a shell at its client (root of the sandbox; `ip netns exec HOST` for other hosts).
    Shell {
        /// Name of the scenario.
        name: String,
        /// The program under test; its path is in $SSHDOCTOR.
        #[arg(long)]
        sshdoctor: Option<PathBuf>,
    },
    /// Compare what is said of random packet filters with what the kernel does.
    FuzzFilter(fuzz_filter::FuzzArguments),
    /// Let real tools write their rules, send SYNs to them, and compare with what is expected. As root.
    ToolRules(tool_rules_command::Arguments),
    /// Read every rule set of a folder; where the kernel takes it, send SYNs and compare with what is said of them.
    Corpora(corpora::Arguments),
    /// Boot whole hosts, break them, and judge what `sshdoctor here` says on them. As root.
    Booted(booted_command::Arguments),
    /// Make real programs fail, and compare their words with the texts that are kept. As root.
    Texts(texts_command::Arguments),
    /// Build the scenario that the environment names; for this program itself, in a sandbox.
    #[command(hide = true)]
    Inside {
        /// The program under test.
        #[arg(long)]
        sshdoctor: Option<PathBuf>,
        /// Open a shell instead of judging.
        #[arg(long)]
        shell: bool,
        /// Keep the case that the program saves.
        #[arg(long)]
        record: bool,
    },
}

#[derive(clap::Args)]
struct RunArguments {
    /// Only scenarios whose name contains one of these.
    patterns: Vec<String>,
    /// How many at a time.
    #[arg(long, default_value_t = 6)]
    jobs: usize,
    /// The program under test; otherwise $SSHDOCTOR_BIN, otherwise beside this one.
    #[arg(long)]
    sshdoctor: Option<PathBuf>,
    /// Print causes and evidence also of reports that are right.
    #[arg(long)]
    verbose: bool,
    /// Keep the case of each right report in this folder, for reading it again without the lab.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Only build and ask the real ssh; the program is not run.
    #[arg(long)]
    symptoms: bool,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(run) => run_scenarios(&run, false),
        Command::Score(run) => run_scenarios(&run, true),
        Command::List => list(),
        Command::Shell { name, sshdoctor } => shell(&name, sshdoctor),
        Command::FuzzFilter(arguments) => fuzz_filter::run(&arguments),
        Command::Corpora(arguments) => corpora::run(&arguments),
        Command::ToolRules(arguments) => tool_rules_command::run(&arguments),
        Command::Booted(arguments) => booted_command::run(&arguments),
        Command::Texts(arguments) => texts_command::run(&arguments),
        Command::Inside {
            sshdoctor,
            shell,
            record,
        } => inside(sshdoctor.as_deref(), shell, record),
    };
    done.unwrap_or_else(|error| {
        eprintln!("lab: {error}");
        ExitCode::from(3)
    })
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Every TOML file of a folder, by name.
pub(crate) fn scenario_files(folder: &Path) -> Result<Vec<PathBuf>, LabError> {
    let entries = std::fs::read_dir(folder).map_err(|error| LabError::System {
        doing: format!("list {}", folder.display()),
        source: error,
    })?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    Ok(files)
}

/// Every scenario whose name contains one of the patterns, by name.
fn select(patterns: &[String]) -> Result<Vec<(PathBuf, Scenario)>, LabError> {
    let mut chosen = Vec::new();
    for file in scenario_files(&directory())? {
        let scenario = Scenario::load(&file)?;
        if patterns.is_empty()
            || patterns
                .iter()
                .any(|pattern| scenario.name.contains(pattern))
        {
            chosen.push((file, scenario));
        }
    }
    Ok(chosen)
}

fn list() -> Result<ExitCode, LabError> {
    let scenarios = select(&[])?;
    for (_, scenario) in &scenarios {
        let cause = scenario
            .truth
            .as_ref()
            .map_or("healthy", |truth| truth.cause.as_str());
        println!(
            "{:<34} {:<17} {:<28} {}",
            scenario.name, scenario.stage, cause, scenario.title
        );
    }
    println!("{} scenarios", scenarios.len());
    Ok(ExitCode::SUCCESS)
}

/// The program under test.
pub(crate) fn program(given: Option<PathBuf>) -> Result<PathBuf, LabError> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.join("sshdoctor"));
    let path = given
        .or_else(|| std::env::var_os("SSHDOCTOR_BIN").map(PathBuf::from))
        .or_else(beside)
        .unwrap_or_else(|| "sshdoctor".into());
    path.canonicalize().map_err(|error| LabError::System {
        doing: format!(
            "find the program under test, {} (cargo build -p sshdoctor)",
            path.display()
        ),
        source: error,
    })
}

fn shell(name: &str, given: Option<PathBuf>) -> Result<ExitCode, LabError> {
    let file = directory().join(format!("{name}.toml"));
    Scenario::load(&file)?;
    let mut arguments: Vec<OsString> = vec!["inside".into(), "--shell".into()];
    if let Ok(path) = program(given) {
        arguments.extend(["--sshdoctor".into(), path.into()]);
    }
    let status = sshdoctor_lab::run_interactive(&file.to_string_lossy(), &arguments)?;
    Ok(ExitCode::from(u8::try_from(status).unwrap_or(1)))
}

fn inside(program: Option<&Path>, shell: bool, record: bool) -> Result<ExitCode, LabError> {
    let file = std::env::var_os(SANDBOX_VARIABLE).unwrap_or_default();
    let scenario = Scenario::load(Path::new(&file))?;
    if shell {
        open_shell(&scenario, program)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", encode(&try_scenario(&scenario, program, record))?);
    Ok(ExitCode::SUCCESS)
}

fn run_scenarios(run: &RunArguments, table: bool) -> Result<ExitCode, LabError> {
    let chosen = select(&run.patterns)?;
    let mut arguments: Vec<OsString> = vec!["inside".into()];
    if !run.symptoms {
        arguments.extend(["--sshdoctor".into(), program(run.sshdoctor.clone())?.into()]);
    }
    if let Some(folder) = &run.record {
        arguments.push("--record".into());
        std::fs::create_dir_all(folder).map_err(|source| LabError::System {
            doing: format!("make {}", folder.display()),
            source,
        })?;
    }
    let plan = Plan {
        scenarios: chosen
            .iter()
            .map(|(file, _)| file.to_string_lossy().into_owned())
            .collect(),
        jobs: run.jobs,
        arguments,
    };
    let mut totals = Totals::default();
    run_all(&plan, |finished| totals.take(&chosen, finished, run));
    if table {
        totals.print_losses();
    }
    totals.print();
    Ok(if totals.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    skipped: usize,
    late: usize,
    losses: Vec<(f64, String)>,
}

impl Totals {
    fn take(&mut self, chosen: &[(PathBuf, Scenario)], finished: Finished, run: &RunArguments) {
        let scenario = chosen
            .iter()
            .find(|(file, _)| file.to_string_lossy() == finished.scenario)
            .map(|(_, scenario)| scenario);
        let name = scenario.map_or(finished.scenario.as_str(), |scenario| &scenario.name);
        let trial = match finished.trial {
            Ok(trial) => trial,
            Err(error) => {
                self.failed += 1;
                println!("FAIL {name:<34} not built: {error}");
                return;
            }
        };
        if let Some(reason) = &trial.skipped {
            self.skipped += 1;
            println!("skip {name:<34} {reason}");
            return;
        }
        if let Some(loss) = trial.verdict.log_loss() {
            self.losses.push((loss, name.to_owned()));
        }
        let limit = scenario.and_then(|scenario| scenario.expect.max_ms);
        let late = limit.is_some_and(|limit| trial.ran_ms > limit);
        self.late += usize::from(late);
        if let (Some(folder), Some(case), true) = (&run.record, &trial.case, trial.passed()) {
            let file = folder.join(format!("{name}.json"));
            if let Err(error) = std::fs::write(&file, format!("{case}\n")) {
                println!("FAIL {name:<34} {}: {error}", file.display());
                self.failed += 1;
                return;
            }
        }
        if trial.passed() {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        print_trial(&trial, limit.filter(|_| late), run);
    }

    fn print_losses(&mut self) {
        self.losses
            .sort_by(|left, right| right.0.total_cmp(&left.0));
        println!("log loss  probability of the truth");
        for (loss, name) in &self.losses {
            println!("{loss:8.3}  {:6.3}  {name}", (-loss).exp());
        }
    }

    fn print(&self) {
        #[expect(clippy::cast_precision_loss, reason = "a few dozen scenarios")]
        let mean =
            self.losses.iter().map(|(loss, _)| loss).sum::<f64>() / self.losses.len().max(1) as f64;
        println!(
            "mean log loss {mean:.3} over {}; {} slower than aimed at",
            self.losses.len(),
            self.late
        );
        println!(
            "lab: {} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        );
    }
}

fn print_trial(trial: &Trial, late: Option<u64>, run: &RunArguments) {
    let verdict = &trial.verdict;
    let mark = if trial.passed() { "ok  " } else { "FAIL" };
    let top = verdict.causes.first().map_or(String::new(), |cause| {
        format!("{} {:.0} %", cause.id, cause.probability * 100.0)
    });
    let late = late.map_or(String::new(), |limit| format!(" (aim: {limit})"));
    println!(
        "{mark} {:<34} {:<18} {top:<34} {} ms{late}",
        trial.name, verdict.outcome, trial.ran_ms
    );
    for problem in &verdict.problems {
        println!("       - {problem}");
    }
    if run.symptoms {
        println!(
            "       built in {} ms; ssh: {}",
            trial.built_ms, trial.ssh_said
        );
    }
    if run.symptoms || (trial.passed() && !run.verbose) {
        return;
    }
    println!("       {}", verdict.headline);
    println!("       ssh: {}", trial.ssh_said);
    if let Some(seen) = trial.connections_seen {
        println!("       the server saw {seen} connections");
    }
    for cause in &verdict.causes {
        println!(
            "       {:5.1} % {}: {}",
            cause.probability * 100.0,
            cause.id,
            cause.summary
        );
    }
    for (id, because) in &verdict.ruled_out {
        println!("       ruled out {id}: {because}");
    }
    for line in &verdict.evidence {
        println!("       {line}");
    }
}
