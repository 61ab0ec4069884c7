//! Rule sets into the kernel and out again, by the tools of the machine. Everything here runs in the network namespace of
//! the calling thread.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::case::{FilterCase, Load, LoadKind};
use super::refusal::without_refused;
use crate::error::{Doing, LabError};
use crate::namespace::find_tool;

/// Rules that one load may lose to a refusal before the case is given up.
const REFUSALS: usize = 24;

/// Empty legacy tables: what is loaded over those of an earlier case.
const NO_LEGACY_RULES: &str = "\
*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT
*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT
*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT
*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT
*security\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT
";

/// What the tools print of the rules that are loaded; none where the case gave that tool nothing to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dumps {
    /// `nft -j list ruleset`
    pub nft_json: Option<String>,
    /// `iptables-nft-save`
    pub iptables_nft: Option<String>,
    /// `ip6tables-nft-save`
    pub ip6tables_nft: Option<String>,
    /// `iptables-legacy-save`
    pub iptables_legacy: Option<String>,
    /// `ip6tables-legacy-save`
    pub ip6tables_legacy: Option<String>,
    /// `ipset save`
    pub ipset: Option<String>,
    /// Devices of ingress and egress chains by chain, which nft 1.0.6 leaves out of its JSON and netlink tells.
    pub devices: Vec<(String, String)>,
    /// What was loaded, as it was given to the tools.
    pub loaded: Vec<Load>,
}

impl Dumps {
    /// The print that a restore program of this kind would take.
    pub(crate) fn of(&mut self, kind: LoadKind) -> &mut Option<String> {
        match kind {
            LoadKind::Nft => &mut self.nft_json,
            LoadKind::IptablesNft => &mut self.iptables_nft,
            LoadKind::Ip6tablesNft => &mut self.ip6tables_nft,
            LoadKind::IptablesLegacy => &mut self.iptables_legacy,
            LoadKind::Ip6tablesLegacy => &mut self.ip6tables_legacy,
            LoadKind::Ipset => &mut self.ipset,
        }
    }
}

/// The tools, and what they have left behind in this namespace.
pub(crate) struct Loader {
    tools: Vec<(&'static str, PathBuf)>,
    lock: PathBuf,
    legacy_v4: bool,
    legacy_v6: bool,
    ipset: bool,
}

const TOOLS: [(&str, &str); 10] = [
    ("nft", "nftables"),
    ("iptables-nft-restore", "iptables"),
    ("iptables-nft-save", "iptables"),
    ("ip6tables-nft-restore", "iptables"),
    ("ip6tables-nft-save", "iptables"),
    ("iptables-legacy-restore", "iptables"),
    ("iptables-legacy-save", "iptables"),
    ("ip6tables-legacy-restore", "iptables"),
    ("ip6tables-legacy-save", "iptables"),
    ("ipset", "ipset"),
];

impl Loader {
    /// For the namespace with this name.
    pub(crate) fn new(name: &str) -> Result<Self, LabError> {
        let find = |(tool, package)| Ok((tool, find_tool(tool, package)?));
        Ok(Self {
            tools: TOOLS
                .into_iter()
                .map(find)
                .collect::<Result<_, LabError>>()?,
            lock: PathBuf::from(format!("/run/xtables-{name}.lock")),
            legacy_v4: false,
            legacy_v6: false,
            ipset: false,
        })
    }

    /// Loads a case over whatever was there, and takes out of it the rules that a tool refuses. False when it cannot be loaded
    /// at all.
    pub(crate) fn load(
        &mut self,
        case: &mut FilterCase,
        refused: &mut Vec<String>,
    ) -> Result<bool, LabError> {
        let first_is_nft = case
            .loads
            .first()
            .is_some_and(|load| load.kind == LoadKind::Nft);
        self.clear(!first_is_nft)?;
        self.legacy_v4 |= case.uses(|kind| kind == LoadKind::IptablesLegacy);
        self.legacy_v6 |= case.uses(|kind| kind == LoadKind::Ip6tablesLegacy);
        self.ipset |= case.uses(|kind| kind == LoadKind::Ipset);
        for (index, load) in case.loads.iter_mut().enumerate() {
            if !self.load_one(load, index == 0, refused)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn clear(&mut self, nft: bool) -> Result<(), LabError> {
        // Legacy rules hold ipsets; nft rules hold them as well.
        if nft || self.ipset {
            self.must("nft", &["flush", "ruleset"], "")?;
        }
        if self.legacy_v4 {
            self.must("iptables-legacy-restore", &[], NO_LEGACY_RULES)?;
        }
        if self.legacy_v6 {
            self.must("ip6tables-legacy-restore", &[], NO_LEGACY_RULES)?;
        }
        if self.ipset {
            self.destroy_sets()?;
        }
        self.legacy_v4 = false;
        self.legacy_v6 = false;
        self.ipset = false;
        Ok(())
    }

    /// nf_tables lets go of the sets of its rules some time after the rules are gone.
    fn destroy_sets(&self) -> Result<(), LabError> {
        // Lists hold sets as well.
        self.must("ipset", &["flush"], "")?;
        for _ in 0..200 {
            if self.give("ipset", &["destroy"], "")?.is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.must("ipset", &["destroy"], "")
    }

    fn load_one(
        &self,
        load: &mut Load,
        first: bool,
        refused: &mut Vec<String>,
    ) -> Result<bool, LabError> {
        let (tool, arguments): (_, &[&str]) = match load.kind {
            LoadKind::Nft => ("nft", &["-f", "-"]),
            LoadKind::IptablesNft => ("iptables-nft-restore", &[]),
            LoadKind::Ip6tablesNft => ("ip6tables-nft-restore", &[]),
            LoadKind::IptablesLegacy => ("iptables-legacy-restore", &[]),
            LoadKind::Ip6tablesLegacy => ("ip6tables-legacy-restore", &[]),
            LoadKind::Ipset => ("ipset", &["-exist", "restore"]),
        };
        for _ in 0..REFUSALS {
            // The line of its own keeps the line numbers of complaints the same for every load.
            let flush = if first && load.kind == LoadKind::Nft {
                "flush ruleset\n"
            } else {
                "\n"
            };
            let input = match load.kind {
                LoadKind::Nft => format!("{flush}{}", load.text),
                _ => load.text.clone(),
            };
            let complaint = match self.give(tool, arguments, &input)? {
                Ok(()) => return Ok(true),
                Err(complaint) => complaint,
            };
            let shift = usize::from(load.kind == LoadKind::Nft);
            let Some(rest) = without_refused(load, &complaint, shift) else {
                refused.push(format!("LOST {tool}: {complaint}"));
                return Ok(false);
            };
            refused.push(format!("{}: {complaint}", rest.1));
            load.text = rest.0;
        }
        refused.push(format!("LOST {tool}: too many refusals"));
        Ok(false)
    }

    /// Adds rules to those that are loaded.
    pub(crate) fn add(&self, rules: &str) -> Result<(), LabError> {
        self.must("nft", &["-f", "-"], rules)
    }

    /// What the tools print for this case.
    pub(crate) fn dump(&self, case: &FilterCase) -> Result<Dumps, LabError> {
        Ok(Dumps {
            devices: devices(case),
            loaded: case.loads.clone(),
            ..self.dump_all(case, &[])?
        })
    }

    /// The legacy rule sets with the counters of what they met.
    pub(crate) fn legacy_counters(&self, case: &FilterCase) -> Result<Dumps, LabError> {
        let mut legacy = case.clone();
        legacy.loads.retain(|load| load.kind.is_legacy());
        self.dump_all(&legacy, &["-c"])
    }

    fn dump_all(&self, case: &FilterCase, arguments: &[&str]) -> Result<Dumps, LabError> {
        // A table that nft made may have the name of one of iptables-nft: the readers of a live host run both then.
        let shadows = |family: &str| {
            case.loads.iter().any(|load| {
                load.kind == LoadKind::Nft
                    && ["filter", "nat", "mangle", "raw", "security"]
                        .iter()
                        .any(|name| load.text.contains(&format!("table {family} {name} ")))
            })
        };
        let kinds = |wanted| case.uses(|kind| kind == wanted);
        let (v4, v6) = (LoadKind::IptablesNft, LoadKind::Ip6tablesNft);
        let any_nft = kinds(LoadKind::Nft) || kinds(v4) || kinds(v6);
        let start = |wanted: bool, tool, words: &[&str]| {
            wanted
                .then(|| self.start(tool, words, Stdio::null()))
                .transpose()
        };
        let children = [
            start(any_nft, "nft", &["-j", "list", "ruleset"])?,
            start(kinds(v4) || shadows("ip"), "iptables-nft-save", arguments)?,
            start(kinds(v6) || shadows("ip6"), "ip6tables-nft-save", arguments)?,
            start(
                kinds(LoadKind::IptablesLegacy),
                "iptables-legacy-save",
                arguments,
            )?,
            start(
                kinds(LoadKind::Ip6tablesLegacy),
                "ip6tables-legacy-save",
                arguments,
            )?,
            start(kinds(LoadKind::Ipset), "ipset", &["save"])?,
        ];
        let mut texts = Vec::new();
        for child in children {
            texts.push(child.map(finish).transpose()?.map(|(_, text, _)| text));
        }
        let mut next = texts.into_iter();
        let mut take = || next.next().flatten();
        Ok(Dumps {
            nft_json: take(),
            iptables_nft: take(),
            ip6tables_nft: take(),
            iptables_legacy: take(),
            ip6tables_legacy: take(),
            ipset: take(),
            devices: Vec::new(),
            loaded: Vec::new(),
        })
    }

    fn must(&self, tool: &str, arguments: &[&str], input: &str) -> Result<(), LabError> {
        self.give(tool, arguments, input)?
            .map_err(|message| LabError::Tool {
                tool: tool.to_owned(),
                host: "the server".to_owned(),
                message,
            })
    }

    /// Runs a tool; what it complains of when it fails.
    fn give(
        &self,
        tool: &str,
        arguments: &[&str],
        input: &str,
    ) -> Result<Result<(), String>, LabError> {
        let mut child = self.start(tool, arguments, Stdio::piped())?;
        if let Some(mut pipe) = child.stdin.take() {
            // A tool that stops reading says why on its standard error.
            let _ = pipe.write_all(input.as_bytes());
        }
        let (success, _, complaint) = finish(child)?;
        Ok(if success { Ok(()) } else { Err(complaint) })
    }

    fn start(&self, tool: &str, arguments: &[&str], input: Stdio) -> Result<Child, LabError> {
        let program = self
            .tools
            .iter()
            .find(|(name, _)| *name == tool)
            .map_or(OsStr::new(tool), |(_, path)| path.as_os_str());
        Command::new(program)
            .args(arguments)
            .env_clear()
            .env("LANG", "C.UTF-8")
            .env("XTABLES_LOCKFILE", &self.lock)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .doing(format!("start {tool}"))
    }
}

/// Chains bound to a device, as the case has them; no two chains of a case have the same name.
fn devices(case: &FilterCase) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for load in case.loads.iter().filter(|load| load.kind == LoadKind::Nft) {
        let mut chain = "";
        for line in load.text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("chain ") {
                chain = rest.trim_end_matches([' ', '{']);
            } else if line.starts_with("type filter hook")
                && let Some((_, rest)) = line.split_once(" device ")
            {
                let device = rest.split(' ').next().unwrap_or_default();
                found.push((chain.to_owned(), device.to_owned()));
            }
        }
    }
    found
}

fn finish(mut child: Child) -> Result<(bool, String, String), LabError> {
    let what = "read what a tool prints";
    let (mut output, mut complaint) = (Vec::new(), Vec::new());
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_end(&mut output).doing(what)?;
    }
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_end(&mut complaint).doing(what)?;
    }
    let status = child.wait().doing(what)?;
    Ok((
        status.success(),
        String::from_utf8_lossy(&output).into_owned(),
        String::from_utf8_lossy(&complaint).trim().to_owned(),
    ))
}
