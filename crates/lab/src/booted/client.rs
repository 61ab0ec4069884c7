//! The real `ssh` of the person who wants in.

use std::ffi::OsString;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::image::Image;
use super::network::{BootedNetwork, fill_in, target};
use super::scenario::BootedScenario;
use crate::deadline::{Run, run_with_deadline, tail};
use crate::error::{Doing, LabError};
use crate::namespace::find_tool;
use crate::sandbox::ROOM;
use crate::system::Identity;

/// How long `ssh` is watched before it is said to hang.
const SSH_PATIENCE: Duration = Duration::from_secs(12);

/// Longest wait of another client for the first word of the host.
const HELD_PATIENCE: Duration = Duration::from_secs(2);

/// What an `ssh` that gets in is taken to say, whatever else it prints.
pub(crate) const WORKS: &str = "works";

/// Does what the client does before, and then logs in; gives the last words of `ssh`, and the connections that are held meanwhile.
pub(crate) fn try_login(
    network: &BootedNetwork,
    image: &Image,
    scenario: &BootedScenario,
) -> Result<(String, Vec<TcpStream>), LabError> {
    for _ in 0..scenario.client.failures {
        let mut command = ssh(network, image, scenario, "ssh")?;
        command.args(["-l", "intruder", "-o", "ConnectTimeout=1"]);
        command.args([&target(scenario), "true"]);
        run_with_deadline(command, "ssh", SSH_PATIENCE)?;
    }
    let held = hold(network, scenario)?;
    let run = if scenario.client.sftp {
        sftp(network, image, scenario)?
    } else {
        let mut command = ssh(network, image, scenario, "ssh")?;
        command.args(["-l", &scenario.client.user, &target(scenario)]);
        command.arg("echo welcome");
        run_with_deadline(command, "ssh", SSH_PATIENCE)?
    };
    Ok((last_words(&run, scenario.client.sftp), held))
}

fn last_words(run: &Run, sftp: bool) -> String {
    match run.status {
        None => format!("(hung) {}", tail(&run.errors, 3)),
        Some(status) if status.success() && (sftp || run.output.contains("welcome")) => {
            WORKS.into()
        }
        Some(_) => {
            let errors: String = run
                .errors
                .lines()
                .filter(|line| !line.starts_with("Warning: Permanently added"))
                .fold(String::new(), |text, line| text + line + "\n");
            tail(&format!("{}{errors}", run.output), 12)
        }
    }
}

/// `ssh` or `sftp` with everything but where to.
fn ssh(
    network: &BootedNetwork,
    image: &Image,
    scenario: &BootedScenario,
    program: &'static str,
) -> Result<Command, LabError> {
    let client = &scenario.client;
    let tool = find_tool(program, "openssh-client")?;
    let mut command = network.client.command(&tool, Identity::Root)?;
    let port = if program == "sftp" {
        Port::Uppercase
    } else {
        Port::Lowercase
    };
    command.args(ssh_options(image, scenario, port)?);
    match &client.password {
        None => command.args(["-o", "BatchMode=yes"]),
        Some(password) => command
            .args(["-o", "PubkeyAuthentication=no"])
            .args(["-o", "NumberOfPasswordPrompts=1"])
            .env("SSH_ASKPASS", answer_with(password)?)
            .env("SSH_ASKPASS_REQUIRE", "force"),
    };
    Ok(command)
}

/// How the port is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    /// As to `ssh`.
    Lowercase,
    /// As to `sftp`.
    Uppercase,
}

/// The options of the person.
pub(super) fn ssh_options(
    image: &Image,
    scenario: &BootedScenario,
    port: Port,
) -> Result<Vec<OsString>, LabError> {
    let client = &scenario.client;
    let mut given: Vec<OsString> = ["-F", "none", "-i"].map(Into::into).to_vec();
    given.push(image.key(&client.key).into());
    let option = match port {
        Port::Lowercase => "-p",
        Port::Uppercase => "-P",
    };
    given.extend([option.into(), client.port.to_string().into()]);
    let checking = if client.knows_host {
        remember_host(image, scenario)?;
        "StrictHostKeyChecking=yes"
    } else {
        "StrictHostKeyChecking=no"
    };
    let own = client
        .options
        .iter()
        .map(|option| fill_in(option, scenario));
    let always = [
        "IdentitiesOnly=yes".to_owned(),
        checking.to_owned(),
        "ConnectTimeout=4".to_owned(),
        format!("UserKnownHostsFile={ROOM}/known_hosts"),
    ];
    for option in own.chain(always) {
        given.extend(["-o".into(), option.into()]);
    }
    Ok(given)
}

fn sftp(
    network: &BootedNetwork,
    image: &Image,
    scenario: &BootedScenario,
) -> Result<Run, LabError> {
    let batch = Path::new(ROOM).join("sftp.batch");
    std::fs::write(&batch, "pwd\n").doing("write a batch for sftp")?;
    let mut command = ssh(network, image, scenario, "sftp")?;
    command.arg("-b").arg(&batch);
    command.arg(format!("{}@{}", scenario.client.user, target(scenario)));
    run_with_deadline(command, "sftp", SSH_PATIENCE)
}

/// Writes down the host keys of the image.
fn remember_host(image: &Image, scenario: &BootedScenario) -> Result<(), LabError> {
    let what = "remember the host's keys";
    let address = match scenario.client.port {
        22 => target(scenario),
        port => format!("[{}]:{port}", target(scenario)),
    };
    let mut known = String::new();
    for kind in ["ed25519", "rsa", "ecdsa"] {
        let file = image
            .tree()
            .join(format!("etc/ssh/ssh_host_{kind}_key.pub"));
        known += &format!("{address} {}", std::fs::read_to_string(file).doing(what)?);
    }
    std::fs::write(Path::new(ROOM).join("known_hosts"), known).doing(what)
}

/// A program that types a password.
fn answer_with(password: &str) -> Result<PathBuf, LabError> {
    let what = "write the program that types the password";
    let place = Path::new(ROOM).join("password");
    std::fs::write(&place, format!("#!/bin/sh\necho '{password}'\n")).doing(what)?;
    std::fs::set_permissions(&place, PermissionsExt::from_mode(0o700)).doing(what)?;
    Ok(place)
}

/// Connections of another client, at the router.
fn hold(network: &BootedNetwork, scenario: &BootedScenario) -> Result<Vec<TcpStream>, LabError> {
    let to = target(scenario);
    let address = to
        .parse()
        .map_err(|_| LabError::Unfit(format!("{to:?} is no address")))?;
    let to = SocketAddr::new(address, scenario.client.port);
    let count = scenario.client.held;
    network.router.run("hold connections", || {
        let mut held = Vec::new();
        for _ in 0..count {
            // The last ones may find the queue of the host full, which is what they are for.
            let Ok(mut stream) = TcpStream::connect_timeout(&to, HELD_PATIENCE / 4) else {
                continue;
            };
            stream.set_read_timeout(Some(HELD_PATIENCE / 10))?;
            // A banner means that the host has taken this connection from its queue.
            let _ = stream.read(&mut [0_u8; 256]);
            held.push(stream);
        }
        Ok(held)
    })
}
