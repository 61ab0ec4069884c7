//! Rule sets of real servers in files: what is read of each, and, where the kernel takes it, what becomes of real SYNs.

use std::io;
use std::path::{Path, PathBuf};

use sshdoctor_filter::content::{self, Content};
use sshdoctor_filter::model::{Condition, RuleSet, SourceKind, Statement, Verdict};
use sshdoctor_filter::nftables::script::{self, Meaning, NoIncludes};
use sshdoctor_filter::{Interest, ReadError, ipset, nftables, xtables};

use super::bench::{Bench, Trying};
use super::by_filter::judge;
use super::case::{FilterCase, FilterPacket, Load, LoadKind};
use super::compare::Judgement;
use super::ground::{CLIENT_V4, CLIENT_V6, Ground, SERVER_V4, SERVER_V6};
use super::loading::Dumps;
use super::outcome::Outcome;
use super::shot::Pace;
use super::stay_on_one_processor;
use crate::error::{Doing, LabError};
use crate::sandbox::furnish;

/// Ports that a SYN is sent to.
const PORTS: [u16; 3] = [22, 80, 443];

/// How much of a file tells its kind, as in the program.
const BEGINNING: usize = 64 * 1024;

/// One file, and what came of it.
#[derive(Debug, Clone)]
pub struct Dumped {
    /// The file.
    pub file: PathBuf,
    /// What it holds, as its content tells.
    pub kind: SourceKind,
    /// Rules in its text; none where lines do not tell.
    pub written: Option<u64>,
    /// Rules read.
    pub read: u64,
    /// Rules kept when everything is kept.
    pub kept: u64,
    /// Rules with a part that was not understood.
    pub not_understood: u64,
    /// What is unknown in them, each once.
    pub reasons: Vec<String>,
    /// How it was loaded, one entry for each back end that could be tried.
    pub loaded: Vec<Loaded>,
    text: String,
}

impl Dumped {
    /// A rule of the text is in no chain that was read.
    #[must_use]
    pub fn lost_rules(&self) -> bool {
        self.written.is_some_and(|written| written != self.read) || self.read != self.kept
    }
}

/// A file in the kernel.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Who took it.
    pub by: LoadKind,
    /// What it refused: rules that were left out, or the reason why nothing was loaded.
    pub refused: Vec<String>,
    /// SYNs sent to it; none when it was not loaded.
    pub sent: Vec<Sent>,
}

/// One SYN, and what was said of it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Where to.
    pub port: u16,
    /// What the kernel did.
    pub outcome: Outcome,
    /// What is said by the file itself; none when rules of it were left out.
    pub by_file: Option<Judgement>,
    /// What is said by what the tools print of the loaded rules.
    pub by_dump: Judgement,
}

impl Sent {
    /// The kernel did what one of them excludes.
    #[must_use]
    pub fn is_contradicted(&self) -> bool {
        self.by_file
            .iter()
            .chain([&self.by_dump])
            .any(|judgement| judgement.is_contradicted_by(self.outcome))
    }
}

/// Reads one file; none when it is no rule set that can be read.
///
/// # Errors
/// When it cannot be opened, or is not what it seemed to be.
pub fn read_dump(file: &Path) -> Result<Option<Dumped>, LabError> {
    let what = format!("read {}", file.display());
    let bytes = std::fs::read(file).doing(&what)?;
    let beginning = bytes.get(..BEGINNING).unwrap_or(&bytes);
    let Some(Content::Readable(kind)) = content::kind_of(beginning) else {
        return Ok(None);
    };
    let rule_set = read_as(kind, &bytes)
        .map_err(io::Error::other)
        .doing(&what)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let rules = || {
        let chains = rule_set.tables.iter().flat_map(|table| &table.chains);
        chains.flat_map(|chain| &chain.rules)
    };
    let mut reasons = Vec::new();
    for rule in rules() {
        for statement in &rule.statements {
            unknown_in(statement, &mut reasons);
        }
    }
    reasons.sort();
    reasons.dedup();
    let sum = |count: fn(&sshdoctor_filter::model::Source) -> u64| {
        rule_set.sources.iter().map(count).sum::<u64>()
    };
    Ok(Some(Dumped {
        file: file.to_owned(),
        kind,
        written: restorers(kind).first().map(|_| rule_lines(&text)),
        read: sum(|source| source.rules),
        kept: rules().map(|_| 1).sum(),
        not_understood: sum(|source| source.not_understood),
        reasons,
        loaded: Vec::new(),
        text,
    }))
}

fn read_as(kind: SourceKind, bytes: &[u8]) -> Result<RuleSet, ReadError> {
    let mut rule_set = RuleSet::default();
    let everything = Interest::everything();
    match kind {
        SourceKind::NftJson => nftables::read("file", bytes, &everything, &mut rule_set)?,
        SourceKind::Ipset => ipset::read("file", bytes, &everything, &mut rule_set)?,
        SourceKind::NftScript => {
            let meaning = Meaning::Listed;
            script::read(
                "file",
                bytes,
                meaning,
                &NoIncludes,
                &everything,
                &mut rule_set,
            )?;
        }
        other => xtables::read("file", other, bytes, &everything, &mut rule_set)?,
    }
    Ok(rule_set)
}

/// Lines that add a rule, with counters in front or without.
fn rule_lines(text: &str) -> u64 {
    text.lines()
        .filter(|line| {
            let counted = line
                .strip_prefix('[')
                .and_then(|line| line.split_once("] "));
            let line = counted.map_or(*line, |(_, rest)| rest);
            line.starts_with("-A ") || line.starts_with("-I ")
        })
        .map(|_| 1)
        .sum()
}

fn unknown_in(statement: &Statement, reasons: &mut Vec<String>) {
    match statement {
        Statement::NotUnderstood { reason }
        | Statement::Condition(Condition::Undecidable { reason }) => {
            reasons.push(reason.to_string());
        }
        Statement::Verdict(Verdict::Lost) => {
            reasons.push("jumps to a chain that is not there".to_owned());
        }
        _ => {}
    }
}

/// Both back ends are tried, whichever of them printed it.
fn restorers(kind: SourceKind) -> &'static [LoadKind] {
    match kind {
        SourceKind::IptablesNft | SourceKind::IptablesLegacy => {
            &[LoadKind::IptablesLegacy, LoadKind::IptablesNft]
        }
        SourceKind::Ip6tablesNft | SourceKind::Ip6tablesLegacy => {
            &[LoadKind::Ip6tablesLegacy, LoadKind::Ip6tablesNft]
        }
        SourceKind::NftJson | SourceKind::NftScript | SourceKind::Ipset => &[],
    }
}

/// Loads every file that a restore program takes, sends SYNs, and notes what came of them.
///
/// # Errors
/// When the hosts cannot be built. Only for pid 1 of a sandbox.
pub fn try_dumps(
    dumps: &mut [Dumped],
    mut on_tried: impl FnMut(&Dumped) + Send,
) -> Result<(), LabError> {
    furnish(None)?;
    let ground = Ground::build(0)?;
    ground.server.run("try the rule sets", || {
        stay_on_one_processor(0)?;
        let mut bench = Bench::new(&ground).map_err(io::Error::other)?;
        let mut from_port = 20_000;
        for dumped in dumps {
            for by in restorers(dumped.kind) {
                let loaded = load(&mut bench, dumped, *by, &mut from_port);
                dumped.loaded.push(loaded.map_err(io::Error::other)?);
            }
            on_tried(dumped);
        }
        Ok(())
    })
}

fn load(
    bench: &mut Bench<'_>,
    dumped: &Dumped,
    by: LoadKind,
    from_port: &mut u16,
) -> Result<Loaded, LabError> {
    let mut loaded = Loaded {
        by,
        refused: Vec::new(),
        sent: Vec::new(),
    };
    let whole = Load {
        kind: by,
        text: dumped.text.clone(),
    };
    for port in PORTS {
        *from_port += 1;
        let mut case = FilterCase {
            seed: 0,
            decidable: false,
            packet: packet(dumped.kind, *from_port, port),
            loads: vec![whole.clone()],
        };
        let mut trying = Trying {
            pace: Pace::Fast,
            traced: false,
        };
        let observed = bench.observe(&mut case, trying)?;
        loaded.refused = std::mem::take(&mut bench.refused);
        let Some(mut observation) = observed else {
            return Ok(loaded);
        };
        let by_file = (case.loads[0] == whole).then(|| {
            let mut own = Dumps::default();
            *own.of(by) = Some(whole.text.clone());
            judge(&own, &case.packet)
        });
        let by_dump = judge(&observation.dumps, &case.packet);
        let mut sent = Sent {
            port,
            outcome: observation.outcome(),
            by_file,
            by_dump,
        };
        if sent.is_contradicted() {
            *from_port += 1;
            case.packet.from_port = *from_port;
            trying.pace = Pace::Slow;
            if let Some(again) = bench.observe(&mut case, trying)? {
                observation = again;
                sent.outcome = observation.outcome();
            }
            bench.refused.clear();
        }
        loaded.sent.push(sent);
    }
    Ok(loaded)
}

fn packet(kind: SourceKind, from_port: u16, port: u16) -> FilterPacket {
    let six = matches!(kind, SourceKind::Ip6tablesNft | SourceKind::Ip6tablesLegacy);
    let (from, to) = if six {
        (CLIENT_V6[0], SERVER_V6[0])
    } else {
        (CLIENT_V4[0], SERVER_V4[0])
    };
    let unspecified = std::net::Ipv4Addr::UNSPECIFIED.into();
    FilterPacket {
        from: from.parse().unwrap_or(unspecified),
        from_port,
        to: to.parse().unwrap_or(unspecified),
        port,
        loopback: false,
    }
}
