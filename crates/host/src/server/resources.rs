//! Disk, memory, processes and tracked connections: everything of which there may be too little.

mod account_limit;
mod conntrack;
mod file_systems;
mod mounts;
mod processes;
#[cfg(test)]
mod tests;

use sshdoctor_case::{Fact, Memory, Obstacle, Pressure, Resources, Sight};

use super::local_account::local_account;
use super::{Host, not_seen};
use crate::kernel_setting::text;
use mounts::Mounts;

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let account = local_account(host);
    let mounts = Mounts::now();
    let (file_systems, mut problems) =
        file_systems::look(host, &mounts, account.as_ref().map(|one| one.home.as_str()));
    let mut resources = Resources {
        file_systems,
        ..Resources::default()
    };
    if host.root.is_running() {
        resources.memory = text("/proc/meminfo").and_then(|text| memory(&text));
        resources.pressure = pressure();
        resources.load = load();
        resources.processes = processes::limits(&host.root, account.as_ref(), &mounts);
        resources.conntrack = conntrack::look();
    } else {
        problems.push(not_seen(
            Sight::Resources,
            Obstacle::NotRunning,
            "memory and processes of a system that does not run",
        ));
    }
    let resources = Box::new(resources);
    problems.insert(0, Fact::Resources { resources });
    problems
}

/// `/proc/meminfo` (`proc_meminfo(5)`): its unit is 1024 bytes.
fn memory(text: &str) -> Option<Memory> {
    let bytes = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let number: u64 = line
            .strip_prefix(':')?
            .split_ascii_whitespace()
            .next()?
            .parse()
            .ok()?;
        number.checked_mul(1024)
    };
    Some(Memory {
        total: bytes("MemTotal")?,
        // Before Linux 3.14 it had to be estimated.
        available: bytes("MemAvailable").or_else(|| bytes("MemFree"))?,
        swap_total: bytes("SwapTotal").unwrap_or_default(),
        swap_free: bytes("SwapFree").unwrap_or_default(),
    })
}

/// The kernel's `Documentation/accounting/psi.rst`; nothing where it does not keep account.
fn pressure() -> Pressure {
    let memory = text("/proc/pressure/memory").unwrap_or_default();
    Pressure {
        memory_some: stalled(&memory, "some"),
        memory_full: stalled(&memory, "full"),
        io_full: text("/proc/pressure/io").and_then(|text| stalled(&text, "full")),
        cpu_some: text("/proc/pressure/cpu").and_then(|text| stalled(&text, "some")),
    }
}

fn stalled(pressure: &str, who: &str) -> Option<f32> {
    let line = pressure.lines().find_map(|line| line.strip_prefix(who))?;
    let share = line
        .split(' ')
        .find_map(|word| word.strip_prefix("avg10="))?;
    share.parse().ok().filter(|share: &f32| share.is_finite())
}

/// `/proc/loadavg`, and how many processors there are.
fn load() -> Option<(f32, u32)> {
    let text = text("/proc/loadavg")?;
    let load: f32 = text.split(' ').next()?.parse().ok()?;
    let processors = nix::unistd::sysconf(nix::unistd::SysconfVar::_NPROCESSORS_ONLN);
    let processors = processors.ok().flatten()?;
    load.is_finite()
        .then_some((load, u32::try_from(processors).ok()?))
}
