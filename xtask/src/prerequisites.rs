//! What the tests and the lab need of the machine.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::process;

/// Program and Debian package.
const PROGRAMS: [(&str, &str); 9] = [
    ("cc", "gcc"),
    ("dnsmasq", "dnsmasq-base"),
    ("ip", "iproute2"),
    ("iptables", "iptables"),
    ("nft", "nftables"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("sshd", "openssh-server"),
    ("unshare", "util-linux"),
];

/// Installs what is missing, as root on Debian or Ubuntu; elsewhere says what is needed.
pub(crate) fn install() -> anyhow::Result<()> {
    let missing: BTreeSet<&str> = PROGRAMS
        .into_iter()
        .filter(|(program, _)| !process::is_installed(program))
        .map(|(_, package)| package)
        .collect();
    if missing.is_empty() {
        println!("every program is there");
        return Ok(());
    }
    let list = missing.iter().copied().collect::<Vec<_>>();
    let by_hand = format!("apt-get install {}", list.join(" "));
    if !nix::unistd::Uid::effective().is_root() || !process::is_installed("apt-get") {
        bail!("missing programs; as root on Debian or Ubuntu: {by_hand}");
    }
    println!("installing {}", list.join(", "));
    if list.contains(&"openssh-server") {
        println!("its package may start an SSH server on this machine");
    }
    process::run(&["apt-get", "update", "-q"])?;
    let mut install =
        process::command(&["apt-get", "install", "-q", "-y", "--no-install-recommends"]);
    install.args(&list).env("DEBIAN_FRONTEND", "noninteractive");
    process::succeed(&mut install, &by_hand)
}
