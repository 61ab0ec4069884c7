//! Rules of a packet filter that a boot loads.

use std::path::Path;

use sshdoctor_case::{Received, SavedRules};

use crate::packet_filter::{AtBoot, Loads};
use crate::root::Root;
use crate::server::init::unit_files::{Enablement, UnitFile, find, start_commands};

/// A tool that loads rules, and where it keeps them.
struct Tool {
    name: &'static str,
    unit: &'static str,
    /// Services of OpenRC, runit and SysV.
    service: &'static str,
    files: &'static [&'static str],
    /// It is there only if this is.
    needs: &'static [&'static str],
}

const TOOLS: [Tool; 6] = [
    Tool {
        name: "nftables",
        unit: "nftables.service",
        service: "nftables",
        files: &[
            "/etc/nftables.conf",
            "/etc/sysconfig/nftables.conf",
            "/etc/nftables.nft",
            "/var/lib/nftables/rules-save",
        ],
        needs: &[],
    },
    Tool {
        name: "netfilter-persistent",
        unit: "netfilter-persistent.service",
        service: "netfilter-persistent",
        files: &["/etc/iptables/rules.v4", "/etc/iptables/rules.v6"],
        needs: &[
            "/usr/sbin/netfilter-persistent",
            "/sbin/netfilter-persistent",
        ],
    },
    Tool {
        name: "iptables",
        unit: "iptables.service",
        service: "iptables",
        files: &[
            "/etc/sysconfig/iptables",
            "/etc/iptables/iptables.rules",
            "/etc/iptables/rules-save",
            "/var/lib/iptables/rules-save",
        ],
        needs: &[],
    },
    Tool {
        name: "ip6tables",
        unit: "ip6tables.service",
        service: "ip6tables",
        files: &[
            "/etc/sysconfig/ip6tables",
            "/etc/iptables/ip6tables.rules",
            "/etc/iptables/rules6-save",
            "/var/lib/ip6tables/rules-save",
        ],
        needs: &[],
    },
    Tool {
        name: "ufw",
        unit: "ufw.service",
        service: "ufw",
        files: &[
            "/etc/ufw/ufw.conf",
            "/etc/default/ufw",
            "/etc/ufw/user.rules",
            "/etc/ufw/user6.rules",
            "/etc/ufw/before.rules",
            "/etc/ufw/before6.rules",
            "/etc/ufw/after.rules",
            "/etc/ufw/after6.rules",
            "/lib/ufw/user.rules",
            "/lib/ufw/user6.rules",
        ],
        needs: &[],
    },
    Tool {
        name: "firewalld",
        unit: "firewalld.service",
        service: "firewalld",
        files: &["/etc/firewalld/firewalld.conf"],
        needs: &["/usr/sbin/firewalld"],
    },
];

pub(super) fn all(root: &Root, enablement: &Enablement) -> Vec<SavedRules> {
    TOOLS
        .iter()
        .filter_map(|tool| rules(root, enablement, tool))
        .collect()
}

/// The tools that a boot runs, each with what it would load where that can be read.
pub(super) fn enabled(root: &Root) -> Vec<(&'static str, Option<AtBoot>)> {
    let enablement = Enablement::read(root);
    let tools = TOOLS.iter().filter(|tool| {
        rules(root, &enablement, tool).is_some_and(|rules| rules.enabled == Some(true))
    });
    let mut found: Vec<(&'static str, Option<Loads>)> =
        tools.map(|tool| (tool.name, loads(root, tool))).collect();
    join_families(&mut found);
    found
        .into_iter()
        .map(|(name, loads)| (name, loads.map(|loads| AtBoot::new(root.clone(), loads))))
        .collect()
}

/// The two services of iptables load one rule set for each family, beside each other.
fn join_families(found: &mut Vec<(&'static str, Option<Loads>)>) {
    let place = |name: &str| found.iter().position(|(known, _)| *known == name);
    let (Some(four), Some(six)) = (place("iptables"), place("ip6tables")) else {
        return;
    };
    let (_, loads) = found.remove(six);
    let joined = match (found.get_mut(four), loads) {
        (Some((_, Some(Loads::Saved { ip6, .. }))), Some(Loads::Saved { ip6: own, .. })) => {
            *ip6 = own;
            true
        }
        _ => false,
    };
    if !joined && let Some((_, loads)) = found.get_mut(four) {
        *loads = None;
    }
}

fn loads(root: &Root, tool: &Tool) -> Option<Loads> {
    let first = || tool.files.iter().find(|path| root.exists(path));
    let there = |path: &str| root.exists(path).then(|| path.to_owned());
    let only = |ip4: Option<String>, ip6: Option<String>| Loads::Saved {
        ipsets: None,
        ip4,
        ip6,
    };
    Some(match tool.name {
        "nftables" => Loads::Script(match find(root, tool.unit) {
            UnitFile::At(_) => script_of(&start_commands(root, tool.unit))?,
            _ => (*first()?).to_owned(),
        }),
        "netfilter-persistent" => Loads::Saved {
            ipsets: there("/etc/iptables/ipsets"),
            ip4: there("/etc/iptables/rules.v4"),
            ip6: there("/etc/iptables/rules.v6"),
        },
        "iptables" => only(Some((*first()?).to_owned()), None),
        "ip6tables" => only(None, Some((*first()?).to_owned())),
        "ufw" => Loads::Ufw,
        _ => return None,
    })
}

/// The file of `nft -f FILE`, where that is all that a unit runs.
fn script_of(commands: &[String]) -> Option<String> {
    let [command] = commands else {
        return None;
    };
    let words: Vec<&str> = command.split_ascii_whitespace().collect();
    match words.as_slice() {
        [program, "-f" | "--file", file] if program.ends_with("/nft") => Some((*file).to_owned()),
        _ => None,
    }
}

/// What a tool would load; nothing where there is no such tool.
fn rules(root: &Root, enablement: &Enablement, tool: &Tool) -> Option<SavedRules> {
    let unit = find(root, tool.unit);
    let script = format!("/etc/init.d/{}", tool.service);
    let installed = (unit != UnitFile::Absent || root.exists(&script))
        && (tool.needs.is_empty() || tool.needs.iter().any(|path| root.exists(path)));
    if !installed {
        return None;
    }
    let started = match unit {
        UnitFile::Masked(_) => false,
        UnitFile::At(_) => enablement.is_enabled(tool.unit),
        UnitFile::Absent => started_by_runlevel(root, tool.service),
    };
    let enabled = started && (tool.name != "ufw" || ufw_is_on(root));
    Some(SavedRules {
        tool: Received::from_text(tool.name),
        enabled: Some(enabled),
        active: active(root, tool),
        files: tool
            .files
            .iter()
            .filter(|path| root.exists(path))
            .map(|path| Received::from_text(path))
            .collect(),
        verdict: None,
        rule: None,
    })
}

/// `ENABLED=yes` (`ufw(8)`).
fn ufw_is_on(root: &Root) -> bool {
    root.read("/etc/ufw/ufw.conf", 64 * 1024)
        .is_ok_and(|contents| {
            String::from_utf8_lossy(&contents.bytes)
                .lines()
                .filter_map(|line| line.trim().strip_prefix("ENABLED="))
                .next_back()
                .is_some_and(|value| value.trim_matches('"').eq_ignore_ascii_case("yes"))
        })
}

fn started_by_runlevel(root: &Root, service: &str) -> bool {
    let linked = |directory: &str| {
        root.names_in(directory, 1024)
            .unwrap_or_default()
            .iter()
            .any(|name| {
                let number_and_name = name.strip_prefix(b"S").and_then(|rest| rest.get(2..));
                name == service.as_bytes() || number_and_name == Some(service.as_bytes())
            })
    };
    [
        "/etc/runlevels/boot",
        "/etc/runlevels/default",
        "/etc/rcS.d",
        "/etc/rc2.d",
    ]
    .iter()
    .any(|directory| linked(directory))
}

/// Whether it was started, as far as files of the running system tell: the cgroup of a unit that has processes, OpenRC's own state.
fn active(root: &Root, tool: &Tool) -> Option<bool> {
    if !root.is_running() {
        return None;
    }
    let started = Path::new("/run/openrc/started");
    if root.exists(started) {
        return Some(root.read_link(started.join(tool.service)).is_ok());
    }
    let has_daemon = tool.name == "firewalld";
    let cgroup = Path::new("/sys/fs/cgroup/system.slice").join(tool.unit);
    has_daemon.then(|| root.exists(cgroup))
}
