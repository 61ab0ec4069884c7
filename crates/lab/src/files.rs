//! What the hosts find under `/etc` and the person under `~/.ssh`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MsFlags, mount};

use crate::error::{Doing, LabError};
use crate::keys::{HostKeys, keygen, make_key};
use crate::namespace::{Host, find_tool};
use crate::sandbox::{PERSON, ROOM, give_to_person};
use crate::scenario::{Account, ClientSettings, Naming, Scenario, Shape};
use crate::topology::{Network, addresses};

/// Home of the person in front of the client.
pub(crate) const HOME: &str = "/run/lab/home/visitor";

/// Writes a file below [`ROOM`] with these permission bits.
pub(crate) fn write(path: &Path, text: &str, mode: u32) -> Result<(), LabError> {
    let what = format!("write {}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).doing(&what)?;
    }
    std::fs::write(path, text).doing(&what)?;
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).doing(&what)
}

/// Replaces the machine's own accounts and SSH settings by the scenario's, for the whole sandbox.
pub(crate) fn replace_machine_files(accounts: &[Account]) -> Result<(), LabError> {
    let mut passwd = format!(
        "root:x:0:0:root:{ROOM}/home/root:/bin/sh\n\
         visitor:x:{PERSON}:{PERSON}::{HOME}:{}\n\
         nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n\
         sshd:x:102:65534::/run/sshd:/usr/sbin/nologin\n",
        accounts
            .iter()
            .find(|account| account.name == "visitor")
            .map_or("/bin/sh", |account| account.shell.as_str())
    );
    let mut group = format!("root:x:0:\nvisitor:x:{PERSON}:\nnogroup:x:65534:\n");
    let mut shadow = "root:*:20000::::::\nvisitor:*:20000::::::\n".to_owned();
    let others = accounts
        .iter()
        .filter(|account| account.name != "visitor" && account.name != "root");
    for (account, id) in others.zip(PERSON + 1..) {
        let Account { name, shell, .. } = account;
        passwd += &format!("{name}:x:{id}:{id}::{ROOM}/home/{name}:{shell}\n");
        group += &format!("{name}:x:{id}:\n");
        shadow += &format!("{name}:*:20000::::::\n");
    }
    let replaced = [
        ("passwd", passwd, 0o644),
        ("group", group, 0o644),
        ("shadow", shadow, 0o600),
        (
            "nsswitch.conf",
            "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\n"
                .into(),
            0o644,
        ),
        (
            "hosts",
            "127.0.0.1 localhost\n::1 localhost\n".into(),
            0o644,
        ),
        ("resolv.conf", String::new(), 0o644),
    ];
    for (name, text, mode) in replaced {
        let own = Path::new(ROOM).join("etc").join(name);
        write(&own, &text, mode)?;
        lay_over(&own, &Path::new("/etc").join(name))?;
    }
    let ssh = Path::new(ROOM).join("etc/ssh");
    write(&ssh.join("ssh_config"), "Host *\n    SendEnv LANG\n", 0o644)?;
    lay_over(&ssh, Path::new("/etc/ssh"))
}

fn lay_over(own: &Path, machine: &Path) -> Result<(), LabError> {
    let place = settle(machine)?;
    if !place.exists() {
        return Ok(());
    }
    mount(
        Some(own),
        &place,
        None::<&str>,
        MsFlags::MS_BIND,
        None::<&str>,
    )
    .doing(format!("replace {}", machine.display()))
}

/// Where a path really leads; when that is below `/run`, which is new and empty, the file is made there.
fn settle(path: &Path) -> Result<PathBuf, LabError> {
    let Ok(target) = std::fs::read_link(path) else {
        return Ok(path.to_owned());
    };
    let target = path.parent().unwrap_or(Path::new("/")).join(target);
    if !target.exists() {
        write(&target, "", 0o644)?;
    }
    target
        .canonicalize()
        .doing(format!("follow {}", path.display()))
}

/// Gives every host its own `/etc/hosts`, and the client its `/etc/resolv.conf`.
pub(crate) fn give_names(network: &mut Network, scenario: &Scenario) -> Result<(), LabError> {
    let settings = &scenario.client;
    let servers: String = addresses(&scenario.topology)
        .iter()
        .flat_map(|(name, list)| {
            list.iter()
                .map(move |address| format!("{address} {name}\n"))
        })
        .collect();
    for host in &mut network.hosts {
        let is_client = host.name == "client";
        let mut text = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
        if !is_client || from_hosts_file(scenario) {
            text += &servers;
        }
        if is_client {
            settings
                .hosts
                .iter()
                .for_each(|line| text += &format!("{line}\n"));
            let resolver = resolver_lines(scenario);
            overlay(host, "resolv.conf", &resolver)?;
        }
        overlay(host, "hosts", &text)?;
        let deny = scenario
            .hosts
            .get(&host.name)
            .and_then(|settings| settings.hosts_deny.as_deref());
        if let Some(deny) = deny {
            overlay(host, "hosts.deny", &format!("{deny}\n"))?;
        }
    }
    Ok(())
}

fn from_hosts_file(scenario: &Scenario) -> bool {
    match scenario.client.naming {
        Naming::Hosts => true,
        Naming::None => false,
        Naming::Dns => matches!(scenario.topology.kind, Shape::Direct | Shape::Local),
    }
}

/// The name server on r1 knows every server, unless the scenario says otherwise.
pub(crate) fn needs_name_server(scenario: &Scenario) -> bool {
    scenario.client.naming == Naming::Dns
        && scenario.client.resolv.is_none()
        && !from_hosts_file(scenario)
}

fn resolver_lines(scenario: &Scenario) -> String {
    if let Some(lines) = &scenario.client.resolv {
        return lines.iter().map(|line| format!("{line}\n")).collect();
    }
    if !needs_name_server(scenario) {
        return String::new();
    }
    let server = if scenario.topology.families.v4() {
        "198.51.100.1"
    } else {
        "2001:db8:a::1"
    };
    format!("nameserver {server}\n")
}

fn overlay(host: &mut Host, name: &str, text: &str) -> Result<(), LabError> {
    let own = Path::new(ROOM).join(&host.name).join(name);
    write(&own, text, 0o644)?;
    let place = settle(&Path::new("/etc").join(name))?;
    if !place.exists() {
        return Err(LabError::Unfit(format!(
            "{} does not exist on this machine, so it cannot be replaced",
            place.display()
        )));
    }
    host.overlay(own, place);
    Ok(())
}

/// Makes the person's home with everything in `~/.ssh`.
pub(crate) fn furnish_home(settings: &ClientSettings, keys: &mut HostKeys) -> Result<(), LabError> {
    let ssh = Path::new(HOME).join(".ssh");
    std::fs::create_dir_all(&ssh).doing("make the home directory")?;
    if !settings.config.is_empty() {
        let mode = settings.config_mode.unwrap_or(0o600);
        write(&ssh.join("config"), &settings.config, mode)?;
    }
    let default = ["server {server.ed25519}".to_owned()];
    let lines = settings.known_hosts.as_deref().unwrap_or(&default);
    if !lines.is_empty() {
        let text = lines
            .iter()
            .map(|line| Ok(keys.fill_in(line)? + "\n"))
            .collect::<Result<String, LabError>>()?;
        let path = ssh.join("known_hosts");
        write(&path, &text, 0o600)?;
        if settings.hash_known_hosts {
            keygen(
                Command::new(find_tool("ssh-keygen", "openssh-client")?)
                    .arg("-H")
                    .arg("-f")
                    .arg(&path),
            )?;
            let _ = std::fs::remove_file(ssh.join("known_hosts.old"));
        }
    }
    for name in &settings.keys {
        make_key(&ssh.join(name), "ed25519", name)?;
    }
    give_everything(Path::new(HOME))?;
    std::fs::set_permissions(&ssh, PermissionsExt::from_mode(0o700))
        .doing("set permissions of ~/.ssh")
}

fn give_everything(directory: &Path) -> Result<(), LabError> {
    give_to_person(directory)?;
    let entries = std::fs::read_dir(directory).doing("list the home directory")?;
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            give_everything(&path)?;
        } else {
            give_to_person(&path)?;
        }
    }
    Ok(())
}

/// Makes the homes of accounts, with the keys that may log in to them.
pub(crate) fn furnish_accounts(accounts: &[Account]) -> Result<(), LabError> {
    let strangers = accounts
        .iter()
        .filter(|account| account.name != "visitor" && account.name != "root");
    for (account, id) in strangers.zip(PERSON + 1..) {
        furnish_account(account, id)?;
    }
    for account in accounts {
        match account.name.as_str() {
            "visitor" => furnish_account(account, PERSON)?,
            "root" => furnish_account(account, 0)?,
            _ => {}
        }
    }
    Ok(())
}

fn furnish_account(account: &Account, id: u32) -> Result<(), LabError> {
    let what = format!("make the home of {}", account.name);
    let home = Path::new(ROOM).join("home").join(&account.name);
    let ssh = home.join(".ssh");
    let mut lines = String::new();
    for key in &account.authorized {
        let public = Path::new(HOME).join(".ssh").join(format!("{key}.pub"));
        let text = std::fs::read_to_string(public).doing(&what)?;
        lines += &format!("{} {text}", account.options);
    }
    write(&ssh.join("authorized_keys"), lines.trim_start(), 0o600)?;
    for (path, mode) in [(&home, account.home_mode), (&ssh, 0o700)] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).doing(&what)?;
    }
    if crate::sandbox::is_rootless() {
        return Ok(());
    }
    for path in [&home, &ssh, &ssh.join("authorized_keys")] {
        std::os::unix::fs::chown(path, Some(id), Some(id)).doing(&what)?;
    }
    Ok(())
}
