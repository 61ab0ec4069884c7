//! `lab corpora`: rule sets of real servers, in files that are no part of the project.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sshdoctor_lab::{
    Dumped, Judgement, LabError, LoadKind, Loaded, Sent, read_dump, run_again_inside, try_dumps,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of rule sets, as iptables-save, ip6tables-save, nft -j list ruleset or ipset save print them; other files are named and passed over.
    folder: PathBuf,
    /// Already in the sandbox; for this program itself.
    #[arg(long, hide = true)]
    inside: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, LabError> {
    if !arguments.inside {
        return run_again_inside();
    }
    let mut dumps = Vec::new();
    let mut totals = Totals::default();
    for file in files(&arguments.folder)? {
        match read_dump(&file) {
            Ok(Some(dumped)) => dumps.push(dumped),
            Ok(None) => println!("{}: no rule set, passed over", name(&file)),
            Err(error) => {
                totals.unreadable += 1;
                println!("FAIL {error}");
            }
        }
    }
    println!(
        "kernel: what became of SYNs to ports 22, 80 and 443, and ? where the file alone does not tell"
    );
    println!(
        "{:<50} {:>5} {:>7}  {:<24} nft",
        "file", "rules", "unknown", "legacy"
    );
    try_dumps(&mut dumps, |dumped| {
        show(dumped);
        totals.take(dumped);
    })?;
    totals.print();
    Ok(if totals.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, LabError> {
    let what = |source| LabError::System {
        doing: format!("list {}", folder.display()),
        source,
    };
    let mut files = std::fs::read_dir(folder)
        .map_err(what)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(what)?;
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

fn name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn show(dumped: &Dumped) {
    let columns: Vec<String> = dumped.loaded.iter().map(column).collect();
    println!(
        "{:<50} {:>5} {:>7}  {}",
        name(&dumped.file).chars().take(50).collect::<String>(),
        dumped.read,
        dumped.not_understood,
        columns.join(" ")
    );
    if dumped.lost_rules() {
        println!(
            "  FAIL {:?} rules written, {} read, {} kept",
            dumped.written, dumped.read, dumped.kept
        );
    }
    for reason in &dumped.reasons {
        println!("  unknown: {reason}");
    }
    for loaded in &dumped.loaded {
        for refused in &loaded.refused {
            println!(
                "  refused by {:?}: {}",
                loaded.by,
                refused.replace('\n', "; ")
            );
        }
        for sent in loaded.sent.iter().filter(|sent| sent.is_contradicted()) {
            println!(
                "  CONTRADICTION {:?} port {}: kernel {}, by the file {}, by the dump {}",
                loaded.by,
                sent.port,
                sent.outcome,
                sent.by_file
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), possible),
                possible(&sent.by_dump)
            );
        }
    }
}

fn column(loaded: &Loaded) -> String {
    if loaded.sent.is_empty() {
        return format!("{:<24}", "not loaded");
    }
    let outcomes: Vec<String> = loaded
        .sent
        .iter()
        .map(|sent| {
            let open = if judged(sent).is_certain() { "" } else { "?" };
            format!("{}{open}", sent.outcome)
        })
        .collect();
    format!("{:<24}", outcomes.join(" "))
}

fn judged(sent: &Sent) -> &Judgement {
    sent.by_file.as_ref().unwrap_or(&sent.by_dump)
}

fn possible(judgement: &Judgement) -> String {
    let words: Vec<String> = judgement.possible.iter().map(ToString::to_string).collect();
    words.join(" or ")
}

#[derive(Default)]
struct Totals {
    files: u64,
    unreadable: u64,
    rules: u64,
    not_understood: u64,
    lossy: u64,
    whole: [u64; 2],
    in_part: [u64; 2],
    sent: u64,
    certain: u64,
    contradicted: u64,
}

impl Totals {
    fn take(&mut self, dumped: &Dumped) {
        self.files += 1;
        self.rules += dumped.read;
        self.not_understood += dumped.not_understood;
        self.lossy += u64::from(dumped.lost_rules());
        for loaded in &dumped.loaded {
            let legacy = matches!(
                loaded.by,
                LoadKind::IptablesLegacy | LoadKind::Ip6tablesLegacy
            );
            let column = usize::from(!legacy);
            if !loaded.sent.is_empty() {
                self.whole[column] += u64::from(loaded.refused.is_empty());
                self.in_part[column] += u64::from(!loaded.refused.is_empty());
            }
            for sent in &loaded.sent {
                self.sent += 1;
                self.certain += u64::from(judged(sent).is_certain());
                self.contradicted += u64::from(sent.is_contradicted());
            }
        }
    }

    fn holds(&self) -> bool {
        self.files > 0 && self.unreadable == 0 && self.lossy == 0 && self.contradicted == 0
    }

    fn print(&self) {
        println!(
            "corpora: {} files, {} rules, {} of them not understood; {} files lost rules, {} could not be read",
            self.files, self.rules, self.not_understood, self.lossy, self.unreadable
        );
        for (back_end, column) in [("legacy", 0), ("nft", 1)] {
            println!(
                "  {back_end}: {} files load as they are, {} without the rules that were refused",
                self.whole[column], self.in_part[column]
            );
        }
        println!(
            "  {} SYNs sent, {} answers certain, {} contradicted by the kernel",
            self.sent, self.certain, self.contradicted
        );
    }
}
