//! The rule sets of this host, as its own tools print them.

use std::fs;
use std::io::ErrorKind;

use sshdoctor_filter::model::{Family, Origin, Problem, RuleSet, SourceKind};
use sshdoctor_filter::{Interest, assemble};

use super::dump::{Dump, Extent, Outcome, Tools};
use super::{kernel_rules, nf_tables};
use crate::child::Limits;
use crate::kernel_part::{IP_SET, NF_TABLES};
use crate::programs::Programs;

/// How often rules are read again that were changed meanwhile.
const READINGS: usize = 3;

/// Reads the rule sets of the network namespace that it runs in.
///
/// Each tool is a process of its own: libnftables can crash on rules of a newer one. Nothing is run that would make the
/// kernel load a module or create a table: nft and ipset only where their part of the kernel is there already, and the legacy
/// tools only where `/proc/net/ip_tables_names` names a table, all of which they then list by that same file.
#[derive(Debug, Clone)]
pub struct Live {
    tools: Tools,
}

impl Live {
    /// With these programs, each within these limits.
    #[must_use]
    pub const fn with(programs: Programs, limits: Limits) -> Self {
        Self {
            tools: Tools::new(programs, limits),
        }
    }

    /// Reads everything, keeping what packets of `interest` can meet. What could not be read is among the problems.
    #[must_use]
    pub fn read(&self, interest: &Interest) -> RuleSet {
        let has_nf_tables = NF_TABLES.may_be_there();
        let generation = || has_nf_tables.then(|| nf_tables::generation().ok());
        let mut readings = 0;
        loop {
            let before = generation();
            let mut rule_set = self.read_once(has_nf_tables, interest);
            let told = kernel_rules::ask(&rule_set);
            readings += 1;
            let is_steady = generation() == before;
            if !is_steady && readings < READINGS {
                continue;
            }
            if is_steady {
                told.put_back(&mut rule_set);
            } else {
                rule_set.problems.push(Problem {
                    kind: SourceKind::NftJson,
                    message: format!("the rules changed while they were read, {READINGS} times"),
                    hides_chains: true,
                });
            }
            nf_tables::name_devices(&mut rule_set);
            assemble::assemble(&mut rule_set);
            return rule_set;
        }
    }

    fn read_once(&self, has_nf_tables: bool, interest: &Interest) -> RuleSet {
        let mut reading = Reading {
            tools: &self.tools,
            interest,
            rule_set: RuleSet {
                interest: interest.clone(),
                ..RuleSet::default()
            },
        };
        // All run while the first of them is read; the pipes hold what the others print until their turn.
        let ipset = IP_SET.may_be_there().then(|| self.start(SourceKind::Ipset));
        let nft = has_nf_tables.then(|| self.start(SourceKind::NftJson));
        let legacy = PROTOCOLS.map(|protocol| {
            let tables = legacy_tables(protocol.legacy_names);
            let has_some = tables == LegacyTables::Some;
            (tables, has_some.then(|| self.start(protocol.legacy)))
        });
        // A rule that names an ipset finds it among those read before.
        if let Some(ipset) = ipset {
            reading.take_ipset(ipset);
        }
        let nft_was_read = nft.is_none_or(|nft| reading.take_nft(nft));
        // nft's own listing has told everything where no expression of iptables is in it. Where there is one, so are the
        // modules that the save format asks for.
        let nft = PROTOCOLS.map(|protocol| {
            let is_needed = !nft_was_read || reading.holds_xt(protocol.family);
            is_needed.then(|| self.start(protocol.nft))
        });
        let dumps = nft.into_iter().zip(legacy);
        for (protocol, (nft, (tables, legacy))) in PROTOCOLS.into_iter().zip(dumps) {
            reading.take_xtables(protocol, (nft, legacy), !nft_was_read);
            if let LegacyTables::Unknown(message) = tables {
                reading.lose(protocol.legacy, message, true);
            }
        }
        reading.rule_set
    }

    fn start(&self, kind: SourceKind) -> Dump {
        Dump::start(kind.command(), Some(kind), &self.tools)
    }
}

impl Default for Live {
    /// With the programs of this process, within limits that only a hanging program passes.
    fn default() -> Self {
        Self::with(Programs::of_this_process(), Limits::default())
    }
}

/// IPv4 or IPv6 of iptables.
#[derive(Debug, Clone, Copy)]
struct Protocol {
    family: Family,
    nft: SourceKind,
    legacy: SourceKind,
    /// Before there were two back ends, and where an alternative names one of them.
    plain: &'static str,
    legacy_names: &'static str,
}

const PROTOCOLS: [Protocol; 2] = [
    Protocol {
        family: Family::Ip,
        nft: SourceKind::IptablesNft,
        legacy: SourceKind::IptablesLegacy,
        plain: "iptables-save -c",
        legacy_names: "ip_tables_names",
    },
    Protocol {
        family: Family::Ip6,
        nft: SourceKind::Ip6tablesNft,
        legacy: SourceKind::Ip6tablesLegacy,
        plain: "ip6tables-save -c",
        legacy_names: "ip6_tables_names",
    },
];

/// Whether the kernel has tables of the legacy back end in this network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
enum LegacyTables {
    None,
    Some,
    /// Why it cannot be told.
    Unknown(String),
}

/// Told by the file of the kernel that names them; asking for a table by its name would create it.
fn legacy_tables(file: &str) -> LegacyTables {
    // Of this thread: /proc/net is that of the process's first one.
    let directory = "/proc/thread-self/net";
    match fs::read_to_string(format!("{directory}/{file}")) {
        Ok(names) if names.trim().is_empty() => LegacyTables::None,
        Ok(_) => LegacyTables::Some,
        // The module makes the file.
        Err(error)
            if error.kind() == ErrorKind::NotFound
                && fs::exists(directory).is_ok_and(|exists| exists) =>
        {
            LegacyTables::None
        }
        Err(error) => LegacyTables::Unknown(format!("/proc/net/{file}: {error}")),
    }
}

struct Reading<'a> {
    tools: &'a Tools,
    interest: &'a Interest,
    rule_set: RuleSet,
}

impl Reading<'_> {
    fn take_ipset(&mut self, dump: Dump) {
        let name = dump.name;
        let message = match self.take(dump) {
            Outcome::Read(_) => return,
            Outcome::NotInstalled => format!("{name}: not installed"),
            Outcome::Failed(message) => message,
        };
        // Rules that name a set still show that it was not read.
        self.lose(SourceKind::Ipset, message, false);
    }

    /// False when the rules of nftables could not be read.
    fn take_nft(&mut self, dump: Dump) -> bool {
        let name = dump.name;
        let message = match self.take(dump) {
            Outcome::Read(_) => return true,
            Outcome::Failed(message) => message,
            Outcome::NotInstalled => match nf_tables::number_of_tables() {
                Ok(0) => return true,
                Ok(1) => format!("{name}: not installed, and the kernel has a table of nftables"),
                Ok(tables) => {
                    format!("{name}: not installed, and the kernel has {tables} tables of nftables")
                }
                Err(error) => {
                    format!(
                        "{name}: not installed, and the kernel does not say whether it has tables: {error}"
                    )
                }
            },
        };
        self.lose(SourceKind::NftJson, message, true);
        false
    }

    /// Reads what iptables prints of one protocol, nft back end and legacy.
    fn take_xtables(
        &mut self,
        protocol: Protocol,
        (nft, legacy): (Option<Dump>, Option<Dump>),
        nft_hides_chains: bool,
    ) {
        let mut lacking = Vec::new();
        for (dump, kind, hides_chains) in [
            (nft, protocol.nft, nft_hides_chains),
            (legacy, protocol.legacy, true),
        ] {
            match dump.map(|dump| self.take(dump)) {
                None | Some(Outcome::Read(_)) => {}
                Some(Outcome::Failed(message)) => self.lose(kind, message, hides_chains),
                Some(Outcome::NotInstalled) => lacking.push((kind, hides_chains)),
            }
        }
        if !lacking.is_empty() {
            self.take_plain(protocol, &mut lacking);
        }
        for (kind, hides_chains) in lacking {
            self.lose(
                kind,
                format!("{}: not installed", kind.command()),
                hides_chains,
            );
        }
    }

    /// Reads a plain `iptables-save`, if it is of a back end whose own tool is lacking.
    fn take_plain(&mut self, protocol: Protocol, lacking: &mut Vec<(SourceKind, bool)>) {
        let before = Extent::of(&self.rule_set);
        match self.take(Dump::start(protocol.plain, None, self.tools)) {
            Outcome::Read(Some(found)) if lacking.iter().any(|(kind, _)| *kind == found) => {
                lacking.retain(|(kind, _)| *kind != found);
            }
            // The back end that was read already, or has nothing to add.
            Outcome::Read(_) => before.restore(&mut self.rule_set),
            Outcome::NotInstalled => {}
            Outcome::Failed(message) => {
                for (kind, hides_chains) in lacking.drain(..) {
                    self.lose(kind, message.clone(), hides_chains);
                }
            }
        }
    }

    fn holds_xt(&self, family: Family) -> bool {
        let mut tables = self.rule_set.tables.iter();
        tables.any(|table| table.origin == Origin::Nft && table.family == family && table.holds_xt)
    }

    fn lose(&mut self, kind: SourceKind, message: String, hides_chains: bool) {
        self.rule_set.problems.push(Problem {
            kind,
            message: message.replace('\n', " "),
            hides_chains,
        });
    }

    fn take(&mut self, dump: Dump) -> Outcome {
        dump.read(self.tools, self.interest, &mut self.rule_set)
    }
}
