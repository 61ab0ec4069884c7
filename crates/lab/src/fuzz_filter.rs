//! `lab fuzz-filter`: the command line of the packet filter's oracle.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use sshdoctor_lab::{
    Dumps, FilterPacket, FuzzEvent, FuzzPlan, FuzzTotals, Judgement, LabError, fuzz,
    fuzz_in_sandbox,
};

#[derive(clap::Args)]
pub(crate) struct FuzzArguments {
    /// How many cases.
    #[arg(long, default_value_t = 1000)]
    cases: u64,
    /// Two runs with the same seed try the same cases.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pairs of hosts at work at a time.
    #[arg(long, default_value_t = 6)]
    jobs: usize,
    /// Ask the kernel for the deciding rule in every so many cases; 0 for never.
    #[arg(long, default_value_t = 5)]
    trace_every: u64,
    /// Print every rule that a tool refuses and every other rule that decided.
    #[arg(long)]
    verbose: bool,
    /// Already in the sandbox; for this program itself.
    #[arg(long, hide = true)]
    inside: bool,
}

pub(crate) fn run(arguments: &FuzzArguments) -> Result<ExitCode, LabError> {
    if !arguments.inside {
        let again: Vec<OsString> = std::env::args_os()
            .skip(1)
            .chain(["--inside".into()])
            .collect();
        let status = fuzz_in_sandbox(&again)?;
        return Ok(ExitCode::from(u8::try_from(status).unwrap_or(1)));
    }
    let plan = FuzzPlan {
        cases: arguments.cases,
        seed: arguments.seed,
        jobs: arguments.jobs,
        trace_every: arguments.trace_every,
    };
    let begun = Instant::now();
    let mut broken = 0;
    let totals = fuzz(&plan, &judge, |event| {
        broken += u64::from(matches!(event, FuzzEvent::Broken(_)));
        show(&event, arguments.verbose);
    })?;
    print_totals(&totals, begun);
    Ok(if totals.contradictions == 0 && broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn judge(_dumps: &Dumps, _packet: &FilterPacket) -> Judgement {
    Judgement::default()
}

fn show(event: &FuzzEvent, verbose: bool) {
    match event {
        FuzzEvent::Broken(message) => println!("BROKEN {message}"),
        FuzzEvent::Contradiction(found) => println!("CONTRADICTION {found:#?}"),
        FuzzEvent::Unsteady(case, fast, slow) => {
            println!("unsteady {:#x}: fast {fast}, slow {slow}", case.seed);
        }
        FuzzEvent::Refused(complaint) if verbose || complaint.contains(" LOST ") => {
            println!("refused {complaint}");
        }
        FuzzEvent::OtherRule(case, judgement, deciding) if verbose => {
            println!(
                "other rule {:#x}: judged {:?}, kernel {deciding:?}",
                case.seed, judgement.rule
            );
        }
        _ => {}
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn print_totals(totals: &FuzzTotals, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let share = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
    println!(
        "fuzz-filter: {} cases in {seconds:.1} s ({:.1}/s), {} contradictions",
        totals.cases,
        totals.cases as f64 / seconds,
        totals.contradictions
    );
    println!(
        "  not decided: {} of {} decidable cases ({:.2} %)",
        totals.undecided,
        totals.decidable,
        share(totals.undecided, totals.decidable)
    );
    println!(
        "  deciding rule: {} of {} as the kernel says ({:.2} %)",
        totals.rules_agreed,
        totals.rules_compared,
        share(totals.rules_agreed, totals.rules_compared)
    );
    println!(
        "  {} cases could not be loaded, {} rules refused, {} cases unsteady",
        totals.lost, totals.refused_rules, totals.unsteady
    );
    for (outcome, count) in &totals.outcomes {
        println!(
            "  {:<14} {count:>7} ({:.1} %)",
            outcome.to_string(),
            share(*count, totals.cases)
        );
    }
    let mut reasons: Vec<(&String, &u64)> = totals.reasons.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (reason, count) in reasons.into_iter().take(20) {
        println!("  {count:>7} x {reason}");
    }
}
