//! SELinux (`selinux(8)`).

use std::path::Path;
use std::process::Command;

use sshdoctor_case::{Fact, FileContext, Obstacle, Received, Selinux, SelinuxMode, Sight};

use crate::child::output;
use crate::kernel_setting::value;
use crate::root::{Root, USUAL_MOST};
use crate::server::local_account::local_account;
use crate::server::{Host, not_seen};

/// Where the kernel shows it (`selinuxfs`).
const MODE: &str = "/sys/fs/selinux/enforce";
/// What the boot reads (`selinux_config(5)`).
const CONFIGURATION: &str = "/etc/selinux/config";
/// Files of sshd itself whose labels matter.
const FILES: [&str; 8] = [
    "/usr/sbin/sshd",
    "/etc/ssh",
    "/etc/ssh/sshd_config",
    "/etc/ssh/ssh_host_ed25519_key",
    "/etc/ssh/ssh_host_rsa_key",
    "/etc/ssh/ssh_host_ecdsa_key",
    "/etc/passwd",
    "/etc/shadow",
];
/// Port of SSH in the reference policy (`corenetwork.te`).
const SSH: u16 = 22;
const SSH_TYPE: &str = "ssh_port_t";
/// Far longer than any label.
const LONGEST_LABEL: usize = 4096;

/// Nothing of a system that neither has nor is configured to have it.
pub(super) fn look(host: &Host) -> Vec<Fact> {
    let configuration = Configuration::read(&host.root);
    let running = host.root.is_running();
    let mode = if running {
        match value::<u8>(MODE) {
            Some(0) => SelinuxMode::Permissive,
            Some(_) => SelinuxMode::Enforcing,
            None => SelinuxMode::Disabled,
        }
    } else {
        // What the next boot makes of it.
        match configuration.mode.as_deref() {
            None => return Vec::new(),
            Some("enforcing") => SelinuxMode::Enforcing,
            Some("permissive") => SelinuxMode::Permissive,
            Some(_) => SelinuxMode::Disabled,
        }
    };
    let mut facts = Vec::new();
    let mut selinux = Selinux {
        mode,
        configured: configuration.mode.as_deref().map(Received::from_text),
        port_type: None,
        contexts: Vec::new(),
    };
    if mode != SelinuxMode::Disabled {
        let port = host.question.port.unwrap_or(SSH);
        selinux.port_type = port_type(&host.root, configuration.policy.as_deref(), port);
        selinux.contexts = contexts(host);
        if running && let Err((obstacle, reason)) = expect(host, &mut selinux.contexts) {
            facts.push(not_seen(Sight::MandatoryAccess, obstacle, reason));
        }
    }
    let selinux = Box::new(selinux);
    facts.insert(0, Fact::Selinux { selinux });
    facts
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Configuration {
    mode: Option<String>,
    /// `targeted`, `mls`, `default`, …
    policy: Option<String>,
}

impl Configuration {
    fn read(root: &Root) -> Self {
        let Ok(contents) = root.read(CONFIGURATION, USUAL_MOST) else {
            return Self::default();
        };
        let text = String::from_utf8_lossy(&contents.bytes);
        let setting = |name: &str| {
            let mut values = text.lines().rev().filter_map(|line| {
                let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
                Some(value.trim().to_ascii_lowercase())
            });
            values.next()
        };
        Self {
            mode: setting("SELINUX"),
            policy: setting("SELINUXTYPE"),
        }
    }
}

/// The type of a port, as far as it was added to the policy here (`semanage-port(8)`), or is the usual one of SSH.
fn port_type(root: &Root, policy: Option<&str>, port: u16) -> Option<Received> {
    let policy = policy.filter(|name| !name.contains('/') && !name.starts_with('.'));
    let own = policy.and_then(|policy| {
        [
            format!("/var/lib/selinux/{policy}/active/ports.local"),
            format!("/etc/selinux/{policy}/modules/active/ports.local"),
        ]
        .iter()
        .find_map(|path| {
            let contents = root.read(path, USUAL_MOST).ok()?;
            let added = contents
                .lines()
                .filter_map(|(_, line)| added_port(line, port));
            added.last()
        })
    });
    let own = own.map(|own| Received::from_text(&own));
    own.or_else(|| (port == SSH).then(|| Received::from_text(SSH_TYPE)))
}

/// As in `portcon tcp 2222 system_u:object_r:ssh_port_t:s0`, with a single port or a range.
fn added_port(line: &[u8], port: u16) -> Option<String> {
    let line = str::from_utf8(line).ok()?;
    let mut words = line.split_ascii_whitespace();
    (words.next()? == "portcon" && words.next()? == "tcp").then_some(())?;
    let ports = words.next()?;
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let range = first.parse::<u16>().ok()?..=last.parse().ok()?;
    let context = words.next()?;
    range
        .contains(&port)
        .then(|| context.split(':').nth(2).map(str::to_owned))?
}

/// Labels of what sshd reads for this account; what is not there has none.
fn contexts(host: &Host) -> Vec<FileContext> {
    let home = local_account(host).map(|account| account.home);
    let of_account = home.iter().flat_map(|home| {
        ["", "/.ssh", "/.ssh/authorized_keys"]
            .map(|end| format!("{}{end}", home.trim_end_matches('/')))
    });
    let paths = FILES
        .iter()
        .map(|path| (*path).to_owned())
        .chain(of_account);
    paths
        .filter_map(|path| {
            Some(FileContext {
                label: label(&host.root.outside(&path))?,
                path: Received::from_text(&path),
                expected: None,
            })
        })
        .collect()
}

/// Of a link its own: sshd follows links, but the policy's labels go by the names of files.
fn label(path: &Path) -> Option<Received> {
    let mut label = [0; LONGEST_LABEL];
    let length = rustix::fs::lgetxattr(path, "security.selinux", &mut label[..]).ok()?;
    let label = label.get(..length)?;
    Some(Received::from_bytes(
        label.strip_suffix(b"\0").unwrap_or(label),
    ))
}

/// What the policy gives each of them, as `matchpathcon(8)` says: one line for each path.
fn expect(host: &Host, contexts: &mut [FileContext]) -> Result<(), (Obstacle, String)> {
    const TOOL: &str = "matchpathcon";
    let Some(program) = host.programs.find(TOOL) else {
        return Err((Obstacle::Absent, format!("{TOOL}: not installed")));
    };
    let mut command = Command::new(program);
    command.arg("-n");
    command.args(contexts.iter().map(|context| context.path.as_str()));
    let said = output(&mut command, host.patience / 2, USUAL_MOST)
        .map_err(|failure| (Obstacle::Failed, format!("{TOOL}: {failure}")))?;
    let lines = said.stdout.split(|byte| *byte == b'\n');
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    if !said.succeeded() || lines.len() != contexts.len() {
        let reason = Received::from_bytes(&said.stderr);
        return Err((Obstacle::Failed, format!("{TOOL}: {reason}")));
    }
    for (context, line) in contexts.iter_mut().zip(lines) {
        // A path for which the policy wants none.
        let wanted = Some(line).filter(|line| *line != b"<<none>>");
        context.expected = wanted.map(Received::from_bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use sshdoctor_case::ServerQuestion;

    use super::*;
    use crate::programs::Programs;

    fn host(root: Root, programs: &Path, port: Option<u16>) -> Host {
        Host {
            root,
            programs: Programs::in_directories([programs.to_owned()]),
            question: ServerQuestion {
                port,
                user: Some("alice".to_owned()),
                ..ServerQuestion::default()
            },
            patience: Duration::from_secs(2),
        }
    }

    fn disk() -> tempfile::TempDir {
        let disk = tempfile::tempdir().unwrap();
        for directory in [
            "etc/selinux",
            "etc/ssh",
            "var/lib/selinux/targeted/active",
            "home/alice/.ssh",
        ] {
            fs::create_dir_all(disk.path().join(directory)).unwrap();
        }
        let write = |path: &str, text: &str| fs::write(disk.path().join(path), text).unwrap();
        write("etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n");
        write(
            "etc/selinux/config",
            "# SELINUX=disabled\nSELINUX=Enforcing\nSELINUXTYPE=targeted\n",
        );
        write(
            "var/lib/selinux/targeted/active/ports.local",
            "# This file is auto-generated\nportcon udp 2222 system_u:object_r:dns_port_t:s0\n\
             portcon tcp 2220-2229 system_u:object_r:ssh_port_t:s0\nportcon tcp x\n",
        );
        disk
    }

    #[test]
    fn a_disk_tells_what_the_next_boot_makes_of_it() {
        let disk = disk();
        let seen = |port| {
            let root = Root::mounted_at(disk.path()).unwrap();
            match look(&host(root, disk.path(), port)).as_slice() {
                [Fact::Selinux { selinux }] => (**selinux).clone(),
                other => panic!("{other:?}"),
            }
        };
        let selinux = seen(Some(2222));
        assert_eq!(selinux.mode, SelinuxMode::Enforcing);
        assert_eq!(selinux.configured, Some(Received::from_text("enforcing")));
        let ssh = Some(Received::from_text(SSH_TYPE));
        assert_eq!(
            (selinux.port_type, seen(None).port_type),
            (ssh.clone(), ssh)
        );
        assert_eq!(seen(Some(2230)).port_type, None);
    }

    #[test]
    fn labels_are_read_with_what_the_policy_wants() {
        let disk = disk();
        let keys = disk.path().join("home/alice/.ssh");
        let wrong = b"unconfined_u:object_r:user_tmp_t:s0\0";
        let flags = rustix::fs::XattrFlags::empty();
        if rustix::fs::setxattr(&keys, "security.selinux", wrong, flags).is_err() {
            // A kernel with SELinux lets nobody invent a label.
            return;
        }
        let tool = disk.path().join("matchpathcon");
        fs::write(
            &tool,
            "#!/bin/sh\nshift\nfor path; do echo \"system_u:object_r:ssh_home_t:s0\"; done\n",
        )
        .unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        let host = host(Root::mounted_at(disk.path()).unwrap(), disk.path(), None);
        let mut contexts = contexts(&host);
        expect(&host, &mut contexts).unwrap();
        let expected = FileContext {
            path: Received::from_text("/home/alice/.ssh"),
            label: Received::from_text("unconfined_u:object_r:user_tmp_t:s0"),
            expected: Some(Received::from_text("system_u:object_r:ssh_home_t:s0")),
        };
        assert_eq!(contexts, [expected]);
        fs::write(&tool, "#!/bin/sh\necho broken >&2; exit 1\n").unwrap();
        let (_, reason) = expect(&host, &mut contexts).unwrap_err();
        assert!(reason.contains("broken"), "{reason}");
    }

    #[test]
    fn a_system_without_it_says_so_only_where_it_runs() {
        let empty = tempfile::tempdir().unwrap();
        let root = Root::mounted_at(empty.path()).unwrap();
        assert_eq!(look(&host(root, empty.path(), None)), []);
    }
}
