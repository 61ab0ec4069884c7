//! `lab booted`: whole hosts, and what `sshdoctor here` says on them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sshdoctor_lab::{
    BootedScenario, BootedTrial, Finished, Fixtures, Image, InsideRun, LabError, Measured, Plan,
    Release, SANDBOX_VARIABLE, encode, measure_on_booted, open_booted_shell, run_all,
    run_interactive, sweep_control_groups, try_booted_scenario,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only scenarios whose name contains one of these.
    only: Vec<String>,
    /// List them and do nothing.
    #[arg(long)]
    list: bool,
    /// How many at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// The program under test; otherwise $SSHDOCTOR_BIN, otherwise beside this one.
    #[arg(long)]
    sshdoctor: Option<PathBuf>,
    /// Only boot, break and ask the real ssh; the program is not run.
    #[arg(long)]
    symptoms_only: bool,
    /// Print what ssh says and the report's causes and evidence also of those that are right.
    #[arg(long)]
    verbose: bool,
    /// Keep the case of each right report among the cases of this folder.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Leave this one up and open a shell at the console of its host.
    #[arg(long, value_name = "NAME")]
    shell: Option<String>,
    /// Time the program on this one's host, beside the commands that a person types instead.
    #[arg(long, value_name = "NAME")]
    measure: Option<String>,
    /// For this program itself: build the scenario that the environment names.
    #[arg(long, hide = true)]
    inside: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, LabError> {
    if arguments.inside {
        return inside(arguments);
    }
    if let Some(name) = &arguments.shell {
        return on_terminal(name, "--shell", arguments);
    }
    if let Some(name) = &arguments.measure {
        return on_terminal(name, "--measure", arguments);
    }
    let chosen = select(&arguments.only)?;
    if arguments.list {
        return Ok(list(&chosen));
    }
    run_chosen(&chosen, arguments)
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("booted-scenarios")
}

fn select(patterns: &[String]) -> Result<Vec<(PathBuf, BootedScenario)>, LabError> {
    let mut chosen = Vec::new();
    for file in crate::scenario_files(&directory())? {
        let scenario = BootedScenario::load(&file)?;
        let wanted = |pattern: &String| scenario.name.contains(pattern);
        if patterns.is_empty() || patterns.iter().any(wanted) {
            chosen.push((file, scenario));
        }
    }
    Ok(chosen)
}

fn list(chosen: &[(PathBuf, BootedScenario)]) -> ExitCode {
    for (_, scenario) in chosen {
        println!(
            "{:<36} {:<9} {:<34} {}",
            scenario.name, scenario.family, scenario.expect.cause, scenario.title
        );
    }
    println!("{} booted scenarios", chosen.len());
    ExitCode::SUCCESS
}

/// Arguments with which this program comes back inside a sandbox.
fn inside_arguments(arguments: &Arguments) -> Result<Vec<OsString>, LabError> {
    let mut given: Vec<OsString> = vec!["booted".into(), "--inside".into()];
    if !arguments.symptoms_only {
        let program = crate::program(arguments.sshdoctor.clone())?;
        given.extend(["--sshdoctor".into(), program.into()]);
    }
    Ok(given)
}

/// Comes back inside a sandbox with this option.
fn on_terminal(name: &str, option: &str, arguments: &Arguments) -> Result<ExitCode, LabError> {
    let file = directory().join(format!("{name}.toml"));
    make_images(&[BootedScenario::load(&file)?])?;
    let mut given = inside_arguments(arguments)?;
    given.extend([option.into(), name.into()]);
    let status = run_interactive(&file.to_string_lossy(), &given)?;
    sweep_control_groups();
    Ok(ExitCode::from(u8::try_from(status).unwrap_or(1)))
}

fn inside(arguments: &Arguments) -> Result<ExitCode, LabError> {
    let file = std::env::var_os(SANDBOX_VARIABLE).unwrap_or_default();
    let scenario = BootedScenario::load(Path::new(&file))?;
    let program = arguments.sshdoctor.as_deref();
    if arguments.shell.is_some() {
        open_booted_shell(&scenario, program)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let (Some(_), Some(program)) = (&arguments.measure, program) {
        print_measured(&measure_on_booted(&scenario, program)?);
        return Ok(ExitCode::SUCCESS);
    }
    let record = arguments.record.is_some();
    let trial = try_booted_scenario(&scenario, InsideRun { program, record });
    println!("{}", encode(&trial)?);
    Ok(ExitCode::SUCCESS)
}

fn print_measured(all: &[Measured]) {
    for one in all {
        println!(
            "{:<24} {:>7.1} ms in the middle ({:.1} to {:.1}), {} KiB",
            one.name, one.middle_ms, one.least_ms, one.most_ms, one.resident_kib
        );
    }
}

/// Makes the images that are missing: inside a sandbox there is no way to a mirror.
fn make_images(scenarios: &[BootedScenario]) -> Result<(), LabError> {
    for release in [Release::Bookworm, Release::Trixie] {
        if scenarios.iter().any(|scenario| scenario.release == release) {
            if !Image::is_made(release) {
                eprintln!("lab: making the image of {}: minutes", release.codename());
            }
            Image::of(release)?;
        }
    }
    Ok(())
}

fn run_chosen(
    chosen: &[(PathBuf, BootedScenario)],
    arguments: &Arguments,
) -> Result<ExitCode, LabError> {
    let scenarios: Vec<BootedScenario> = chosen.iter().map(|(_, one)| one.clone()).collect();
    make_images(&scenarios)?;
    sweep_control_groups();
    let mut given = inside_arguments(arguments)?;
    let mut totals = Totals::default();
    if let Some(folder) = &arguments.record {
        totals.recorded = Some(Fixtures::read(folder)?);
        given.extend(["--record".into(), folder.into()]);
    }
    let plan = Plan {
        scenarios: chosen
            .iter()
            .map(|(file, _)| file.to_string_lossy().into_owned())
            .collect(),
        jobs: arguments.jobs,
        arguments: given,
    };
    run_all(&plan, |finished| totals.take(finished, arguments));
    sweep_control_groups();
    totals.print();
    if let (Some(recorded), Some(folder)) = (&totals.recorded, &arguments.record) {
        recorded.write(folder)?;
    }
    Ok(if totals.wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Default)]
struct Totals {
    passed: usize,
    open: usize,
    wrong: BTreeSet<String>,
    boots_ms: Vec<u64>,
    runs_ms: Vec<u64>,
    /// The cases of right reports, where they are kept.
    recorded: Option<Fixtures>,
}

impl Totals {
    fn take(&mut self, finished: Finished<BootedTrial>, arguments: &Arguments) {
        let file = PathBuf::from(&finished.scenario);
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let trial = match finished.trial {
            Ok(trial) => trial,
            Err(error) => {
                println!("FAIL {name:<36} not built: {error}");
                self.wrong.insert(name.into_owned());
                return;
            }
        };
        self.boots_ms.push(trial.boot_ms);
        self.runs_ms.push(trial.ran_ms);
        print_trial(&trial, arguments);
        if trial.is_open() {
            self.open += 1;
        } else if trial.passed() {
            self.passed += 1;
            if let (Some(recorded), Some(case)) = (&mut self.recorded, trial.case) {
                recorded.keep(&trial.name, case);
            }
        } else {
            self.wrong.insert(trial.name);
        }
    }

    fn print(&mut self) {
        for (what, times) in [
            ("boot", &mut self.boots_ms),
            ("sshdoctor here", &mut self.runs_ms),
        ] {
            times.sort_unstable();
            if let (Some(middle), Some(longest)) = (times.get(times.len() / 2), times.last()) {
                println!("{what}: {middle} ms in the middle, {longest} ms at most");
            }
        }
        for name in &self.wrong {
            println!("wrong: {name}");
        }
        println!(
            "lab booted: {} passed, {} not found yet, {} failed",
            self.passed,
            self.open,
            self.wrong.len()
        );
    }
}

fn print_trial(trial: &BootedTrial, arguments: &Arguments) {
    let mark = match (trial.passed(), trial.is_open()) {
        (true, _) => "ok  ",
        (false, true) => "open",
        (false, false) => "FAIL",
    };
    let report = trial.verdict.as_ref().map(|verdict| &verdict.report);
    let top = report.map_or(trial.ssh_said.as_str(), |report| &report.headline);
    println!(
        "{mark} {:<36} boot {} ms, all {} ms, here {} ms: {top}",
        trial.name, trial.boot_ms, trial.built_ms, trial.ran_ms
    );
    let judged = trial.verdict.iter().flat_map(|verdict| &verdict.problems);
    for problem in trial.problems.iter().chain(judged) {
        println!("       - {problem}");
    }
    if let Some(why) = &trial.open {
        println!("       open: {why}");
    }
    if (trial.passed() || trial.is_open()) && !arguments.verbose {
        return;
    }
    println!("       ssh: {}", trial.ssh_said);
    for cause in report.iter().flat_map(|report| &report.causes) {
        println!("       {}: {}", cause.id, cause.summary);
    }
    for line in report.iter().flat_map(|report| &report.evidence) {
        println!("       {line}");
    }
}
