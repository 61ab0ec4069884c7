//! Every cause of a lockout that the program knows: what it is, how it looks, how to confirm and mend it, and in which
//! worlds it shows.
//!
//! A new cause is one [`Cause`] in the file of its family and one scenario in the lab.

mod authentication;
mod ban;
mod bind;
mod boot;
mod client;
mod config;
mod cryptography;
mod host_firewall;
mod host_keys;
mod identity;
mod known;
mod mandatory_access;
mod network;
mod network_firewall;
mod page;
mod port;
mod resource;
mod scenarios;
mod service;
mod socket;

use sshdoctor_case::{Stage, Where};

use crate::inside::Prove;
use crate::outside::world::Weighted;

pub use known::Known;
pub use page::page;

/// One cause of a lockout.
#[derive(Debug)]
pub struct Cause {
    /// Stable id, as in the JSON report.
    pub id: &'static str,
    /// Where it stops the connection.
    pub stage: Stage,
    /// At most 36 characters, fitting after a percentage: `sshd is not running`.
    pub title: &'static str,
    /// What it is and how it comes about, in one or two sentences.
    pub what: &'static str,
    /// How it looks from the client.
    pub looks: &'static str,
    /// How it looks on the server: what its tools and its log show.
    pub server_looks: &'static str,
    /// How to be sure.
    pub confirm: Commands,
    /// The smallest safe change.
    pub remedy: RemedyText,
    /// The remedy's commands where distributions differ, each complete in itself.
    pub by_distribution: &'static [OnDistribution],
    /// What not to do meanwhile.
    pub avoid: &'static str,
    /// How to stop it coming back.
    pub lasting: &'static str,
    /// How often it happens.
    pub prior: Prior,
    /// Whether a server shows it, and stops the client by it; absent where that cannot be seen there.
    pub on_server: Option<Prove>,
    /// The ways it shows from outside; empty when it cannot be seen from there.
    pub worlds: &'static [Weighted],
}

/// Commands to type, with `{unit}`, `{port}`, `{from}`, `{user}` and `{host}` standing for what the case knows.
///
/// `{unit}` is `ssh` on Debian and Ubuntu, `sshd` on RHEL, Fedora, SUSE and Arch.
#[derive(Debug)]
pub struct Commands {
    /// Where systemd runs, or where it makes no difference.
    pub usual: &'static [&'static str],
    /// Where systemd does not run (Alpine, Void, Devuan, containers); empty when the usual ones hold there too.
    pub without_systemd: &'static [&'static str],
}

impl Commands {
    /// The same commands everywhere.
    #[must_use]
    pub const fn everywhere(usual: &'static [&'static str]) -> Self {
        Self {
            usual,
            without_systemd: &[],
        }
    }

    /// Other commands where systemd does not run.
    #[must_use]
    pub const fn or_without_systemd(self, without_systemd: &'static [&'static str]) -> Self {
        Self {
            usual: self.usual,
            without_systemd,
        }
    }
}

/// The smallest safe change, in words and commands.
#[derive(Debug)]
pub struct RemedyText {
    /// One sentence.
    pub summary: &'static str,
    /// Where the commands are typed.
    pub place: Where,
    /// The commands.
    pub commands: Commands,
}

/// The smallest safe change in the commands of some distributions.
#[derive(Debug)]
pub struct OnDistribution {
    /// Which: `Debian, Ubuntu`.
    pub names: &'static str,
    /// The commands, in order, with the placeholders of [`Commands`].
    pub commands: &'static [&'static str],
}

/// How often a cause is the one, relative to the others.
#[derive(Debug, Clone, Copy)]
pub struct Prior {
    /// Relative weight; the sum over the catalogue is about 1000.
    pub weight: f64,
    /// Where the weight comes from.
    pub source: PriorSource,
}

/// Where a prior comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorSource {
    /// The five commonest reasons for "refused", in the order in which practitioners' checklists walk them: service down,
    /// port moved, firewall reject, wrong address, bound to loopback.
    SeedOrder,
    /// Judged against its neighbours in the same family; no count is behind it.
    Judged,
}

impl Prior {
    /// From the seed order.
    #[must_use]
    pub const fn seed(weight: f64) -> Self {
        Self {
            weight,
            source: PriorSource::SeedOrder,
        }
    }

    /// Judged.
    #[must_use]
    pub const fn judged(weight: f64) -> Self {
        Self {
            weight,
            source: PriorSource::Judged,
        }
    }
}

const FAMILIES: [&[Cause]; 17] = [
    service::CAUSES,
    boot::CAUSES,
    socket::CAUSES,
    config::CAUSES,
    port::CAUSES,
    bind::CAUSES,
    host_firewall::CAUSES,
    network_firewall::CAUSES,
    ban::CAUSES,
    identity::CAUSES,
    network::CAUSES,
    resource::CAUSES,
    mandatory_access::CAUSES,
    host_keys::CAUSES,
    cryptography::CAUSES,
    client::CAUSES,
    authentication::CAUSES,
];

/// Every cause, family by family.
pub fn all() -> impl Iterator<Item = &'static Cause> {
    FAMILIES.into_iter().flatten()
}

/// The cause with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Cause> {
    all().find(|cause| cause.id == id)
}

/// The priors as a Markdown table, most frequent first, each with its source.
#[must_use]
pub fn prior_table() -> String {
    let mut causes: Vec<&Cause> = all().collect();
    causes.sort_by(|a, b| {
        b.prior
            .weight
            .total_cmp(&a.prior.weight)
            .then(a.id.cmp(b.id))
    });
    let total: f64 = causes.iter().map(|cause| cause.prior.weight).sum();
    let mut table = String::from(PRIOR_TABLE_HEAD);
    for cause in causes {
        let source = match cause.prior.source {
            PriorSource::SeedOrder => "seed order",
            PriorSource::Judged => "judged",
        };
        table.push_str(&format!(
            "| `{}` | {} | {:.1} % | {source} |\n",
            cause.id,
            cause.title,
            cause.prior.weight / total * 100.0
        ));
    }
    table
}

const PRIOR_TABLE_HEAD: &str = "# How often each cause is the one

Generated from the catalogue (`crates/diagnose/src/catalogue/`). These are the odds before anything was seen.

*Seed order*: the five commonest reasons for a refused connection, in the order in which practitioners' checklists walk them;
the spacing is judged. *Judged*: set against its neighbours by judgement; no count is behind it.

| cause | what it is | prior | source |
|---|---|---|---|
";
