//! `lab fuzz-filter`: the command line of the packet filter's oracle.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use sshdoctor_lab::{
    Cases, FilterPacket, FuzzEvent, FuzzPlan, FuzzTotals, Judgement, LabError, Regression,
    TraceStep, Tried, fuzz, judge_as_loaded, judge_by_filter, random_case, run_again_inside,
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
    /// Judge by what the tools are given to load, not by what they list afterwards.
    #[arg(long)]
    as_loaded: bool,
    /// Print every rule that a tool refuses and every other rule that decided.
    #[arg(long)]
    verbose: bool,
    /// Only the random case of this seed, as a contradiction names it; its whole way is printed.
    #[arg(long, value_parser = parse_seed)]
    case: Vec<u64>,
    /// Only these cases: a file that `--keep` wrote, or a folder of them.
    #[arg(long)]
    replay: Option<PathBuf>,
    /// Folder for the smallest case found of each contradiction.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Already in the sandbox; for this program itself.
    #[arg(long, hide = true)]
    inside: bool,
}

pub(crate) fn run(arguments: &FuzzArguments) -> Result<ExitCode, LabError> {
    if !arguments.inside {
        return run_again_inside();
    }
    let single = !arguments.case.is_empty();
    let plan = FuzzPlan {
        cases: if single {
            Cases::Given(arguments.case.iter().copied().map(random_case).collect())
        } else if let Some(path) = &arguments.replay {
            let kept = Regression::read(path)?;
            Cases::Given(kept.into_iter().map(|kept| kept.case).collect())
        } else {
            Cases::Random {
                count: arguments.cases,
                seed: arguments.seed,
            }
        },
        jobs: if single { 1 } else { arguments.jobs },
        trace_every: if single { 1 } else { arguments.trace_every },
    };
    let begun = Instant::now();
    let mut broken = 0;
    let judge = if arguments.as_loaded {
        judge_as_loaded
    } else {
        judge_by_filter
    };
    let totals = fuzz(&plan, &judge, |event| {
        broken += u64::from(matches!(event, FuzzEvent::Broken(_)));
        match &event {
            FuzzEvent::Tried(tried) if single || arguments.replay.is_some() => show_case(tried),
            FuzzEvent::Smallest(smallest, judgement) => {
                show_smallest(smallest, judgement);
                if let Some(folder) = &arguments.keep
                    && let Err(error) = smallest.write(folder)
                {
                    println!("not kept: {error}");
                }
            }
            event => show(event, arguments.verbose),
        }
    })?;
    print_totals(&totals, begun);
    Ok(if totals.contradictions == 0 && broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn parse_seed(text: &str) -> Result<u64, std::num::ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
}

fn possible(judgement: &Judgement) -> String {
    let words: Vec<String> = judgement.possible.iter().map(ToString::to_string).collect();
    if words.is_empty() {
        "anything".to_owned()
    } else {
        words.join(" or ")
    }
}

fn show_case(tried: &Tried) {
    let Tried { case, .. } = tried;
    println!("case {:#x} (decidable: {})", case.seed, case.decidable);
    println!("  {:?}", case.packet);
    for load in &case.loads {
        println!("--- {:?}\n{}---", load.kind, load.text);
    }
    println!("  kernel: {}, answers {:?}", tried.outcome, tried.answers);
    for step in &tried.steps {
        let TraceStep { rule, .. } = step;
        println!(
            "    {:08x} {} {} {} {:?}: {:?}",
            step.packet, rule.family, rule.table, rule.chain, rule.place, step.verdict
        );
    }
    println!(
        "  judged: {} by {:?}",
        possible(&tried.judgement),
        tried.judgement.rule
    );
    for reason in &tried.judgement.undecided {
        println!("    undecided: {reason}");
    }
}

fn show_smallest(smallest: &Regression, judgement: &Judgement) {
    let FilterPacket {
        from,
        from_port,
        to,
        port,
        loopback,
    } = smallest.case.packet;
    let way = if loopback { "by lo" } else { "by eth0" };
    println!("SMALLEST: {from} port {from_port} to {to} port {port} {way}");
    println!(
        "  kernel: {}, judged: {}",
        smallest.outcome,
        possible(judgement)
    );
    for load in &smallest.case.loads {
        println!("--- {:?}\n{}---", load.kind, load.text);
    }
}

fn show(event: &FuzzEvent, verbose: bool) {
    match event {
        FuzzEvent::Broken(message) => println!("BROKEN {message}"),
        FuzzEvent::Contradiction(tried) => {
            println!("CONTRADICTION");
            show_case(tried);
        }
        FuzzEvent::Unsteady(case, fast, slow) => {
            println!("unsteady {:#x}: fast {fast}, slow {slow}", case.seed);
        }
        FuzzEvent::Refused(complaint) if verbose || complaint.contains(" LOST ") => {
            println!("refused {complaint}");
        }
        FuzzEvent::Tried(tried) if verbose && is_left_open(tried) => {
            println!(
                "left open {:#x}: {}",
                tried.case.seed,
                tried.judgement.undecided.join("; ")
            );
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

fn is_left_open(tried: &Tried) -> bool {
    tried.case.decidable && !tried.judgement.is_certain()
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
