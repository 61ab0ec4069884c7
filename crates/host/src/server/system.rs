//! The distribution, the kernel and what this runs in.

use nix::sys::utsname::uname;
use nix::unistd::Uid;
use sshdoctor_case::{Container, Fact, OperatingSystem, Received};

use super::Host;
use crate::root::Root;

/// How much of a small file is read.
const MOST_BYTES: u64 = 64 * 1024;
/// The first that exists counts (`os-release(5)`).
const RELEASE_FILES: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];
/// What the managers of whole systems call themselves (`systemd-detect-virt(1)`); every other one runs an application.
const WHOLE_SYSTEMS: [&str; 4] = ["systemd-nspawn", "lxc", "lxc-libvirt", "openvz"];

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let root = &host.root;
    let release = RELEASE_FILES
        .iter()
        .find_map(|path| root.read(path, MOST_BYTES).ok())
        .map(|contents| String::from_utf8_lossy(&contents.bytes).into_owned())
        .unwrap_or_default();
    let value = |name| value_of(&release, name);
    let received = |name| Received::from_text(&value(name).unwrap_or_default());
    let running = root.is_running();
    let system = OperatingSystem {
        id: received("ID"),
        like: value("ID_LIKE")
            .unwrap_or_default()
            .split_whitespace()
            .map(Received::from_text)
            .collect(),
        version: value("VERSION_ID").map(|version| Received::from_text(&version)),
        name: received("PRETTY_NAME"),
        kernel: if running {
            kernel()
        } else {
            Received::default()
        },
        host_name: host_name(root),
        uptime_s: running.then(|| uptime(root)).flatten(),
        container: if running {
            container(root)
        } else {
            Container::None
        },
        observer_uid: Uid::effective().as_raw(),
    };
    vec![Fact::OperatingSystem {
        system: Box::new(system),
    }]
}

/// An assignment of `os-release(5)`, without the quotes of a shell.
fn value_of(text: &str, name: &str) -> Option<String> {
    let value = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    Some(inner.unwrap_or(value).replace('\\', ""))
}

fn kernel() -> Received {
    uname()
        .map(|names| Received::from_text(&names.release().to_string_lossy()))
        .unwrap_or_default()
}

fn host_name(root: &Root) -> Received {
    if root.is_running()
        && let Ok(names) = uname()
    {
        return Received::from_text(&names.nodename().to_string_lossy());
    }
    root.read("/etc/hostname", MOST_BYTES)
        .map(|contents| {
            let text = String::from_utf8_lossy(&contents.bytes).into_owned();
            let name = text
                .lines()
                .map(str::trim)
                .find(|line| !line.is_empty() && !line.starts_with('#'));
            Received::from_text(name.unwrap_or_default())
        })
        .unwrap_or_default()
}

fn uptime(root: &Root) -> Option<u64> {
    let contents = root.read("/proc/uptime", MOST_BYTES).ok()?;
    let text = String::from_utf8_lossy(&contents.bytes).into_owned();
    text.split('.').next()?.parse().ok()
}

fn container(root: &Root) -> Container {
    // systemd as process 1 writes here what `container=` told it; whoever is not root cannot read the latter.
    let told = root
        .read("/run/systemd/container", MOST_BYTES)
        .map(|contents| contents.bytes)
        .ok()
        .or_else(|| of_first_process(root));
    let mark = ["/.dockerenv", "/run/.containerenv"]
        .iter()
        .any(|path| root.exists(path));
    let manager = told.map(|told| String::from_utf8_lossy(&told).trim().to_owned());
    match manager.as_deref() {
        Some(manager) if WHOLE_SYSTEMS.contains(&manager) => Container::System,
        Some("wsl") | None if !mark => Container::None,
        _ => Container::Application,
    }
}

/// `container=` of `container_interface` in the environment of process 1.
fn of_first_process(root: &Root) -> Option<Vec<u8>> {
    let contents = root.read("/proc/1/environ", MOST_BYTES).ok()?;
    contents
        .bytes
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(b"container="))
        .filter(|manager| !manager.is_empty())
        .map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::init::mounted_disk::MountedDisk;

    #[test]
    fn a_mounted_disk_tells_its_distribution_and_name_but_no_kernel() {
        let release = "PRETTY_NAME=\"Ubuntu 24.04 \\\"LTS\\\"\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n";
        let disk = MountedDisk::with(&[
            ("/usr/lib/os-release", release),
            ("/etc/hostname", "# own\nweb1\n"),
        ]);
        let facts = look(&disk.host());
        let [Fact::OperatingSystem { system }] = facts.as_slice() else {
            panic!("{facts:?}")
        };
        assert_eq!(system.id.as_str(), "ubuntu");
        assert_eq!(system.like, [Received::from_text("debian")]);
        assert_eq!(system.version, Some(Received::from_text("24.04")));
        assert_eq!(system.name.as_str(), "Ubuntu 24.04 \"LTS\"");
        assert_eq!(system.host_name.as_str(), "web1");
        assert_eq!((system.kernel.as_str(), system.uptime_s), ("", None));
    }
}
