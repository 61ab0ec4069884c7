//! Who wrote the deciding rule, and which setting of that tool made it, in the tool's own words.
//!
//! The kernel does not keep who wrote a rule. What shows it are the names that tools give to their tables, chains, sets and comments;
//! what nothing shows is taken for written by hand. Each tool is one entry of [`TOOLS`]: its signs, and a function that reads
//! its setting back from the rule.

mod bans;
mod callers;
mod cloud;
mod containers;
mod crowdsec;
mod csf;
mod fail2ban;
mod firewalld;
mod hand_written;
mod kubernetes;
mod networks;
mod openwrt;
mod proxmox;
mod quote;
mod recognise;
mod scene;
mod scripts;
mod shorewall;
mod signs;
mod sshguard;
mod ufw;
mod values;
mod words;

use signs::Signs;

pub(crate) use firewalld::exception_of as exception_of_firewalld;
pub use quote::quoted;
pub use recognise::owner_of;

/// Who made something be as it is, and how to change exactly that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The tool.
    pub tool: Tool,
    /// What of it made the rule, as the tool words it; `None` when the rules do not tell.
    pub setting: Option<String>,
    /// The tool's own commands that change exactly that setting, to be run in this order; empty when that is not certain, or when
    /// nothing is denied.
    pub change: Vec<String>,
    /// How the setting gets through a reboot; `None` when the rules do not tell.
    pub persists: Option<String>,
    /// Why it is believed: a sign in the rule set, in a few words.
    pub evidence: String,
}

/// A program that writes rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tool {
    /// Stable name for programs: lower case, `-` between words.
    pub id: &'static str,
    /// As people call it.
    pub name: &'static str,
    /// What it is for.
    pub kind: ToolKind,
}

/// What a tool that writes rules is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToolKind {
    /// Keeps a whole firewall.
    Firewall,
    /// Bans single sources.
    BanTool,
    /// Connects containers.
    Containers,
    /// Connects virtual machines.
    Machines,
    /// Belongs to the provider or to its image.
    Cloud,
    /// Connects networks.
    Network,
    /// No tool is known: a person or a script, by hand.
    Person,
    /// No rule decided: the kernel, or nothing that can be named.
    Nobody,
}

/// Every tool that can be recognised. Where signs of two fit equally well the earlier entry counts.
static TOOLS: &[&Signs] = &[
    &fail2ban::SIGNS,
    &sshguard::SIGNS,
    &crowdsec::SIGNS,
    &bans::PSAD,
    &bans::IMUNIFY,
    &bans::IPBAN,
    &bans::FIREHOL_LISTS,
    &bans::OPENWRT_BANIP,
    &ufw::SIGNS,
    &firewalld::SIGNS,
    &csf::SIGNS,
    &shorewall::SIGNS,
    &proxmox::SIGNS,
    &openwrt::SIGNS,
    &scripts::APF,
    &scripts::ARNO,
    &scripts::NIXOS,
    &scripts::SUSE,
    &scripts::RED_HAT,
    &scripts::SYNOLOGY,
    &scripts::VYOS,
    &kubernetes::KUBE_ROUTER,
    &kubernetes::KUBERNETES,
    &kubernetes::CALICO,
    &kubernetes::CILIUM,
    &kubernetes::FLANNEL,
    &kubernetes::AWS_VPC,
    &containers::DOCKER,
    &containers::PODMAN,
    &containers::CNI,
    &containers::LXD,
    &containers::INCUS,
    &containers::LIBVIRT,
    &networks::TAILSCALE,
    &networks::WG_QUICK,
    &networks::NETWORK_MANAGER,
    &networks::SYSTEMD,
    &networks::MULLVAD,
    &networks::NORDVPN,
    &cloud::ORACLE,
    &cloud::AZURE,
];

/// The tools that can be recognised, for documentation and completeness checks.
pub fn tools() -> impl Iterator<Item = Tool> {
    TOOLS.iter().map(|signs| signs.tool)
}
