//! The person's own `ssh`, with the options they typed.

use sshdoctor_case::{Forced, SshOptions};
use tokio::process::Command;

/// A command line that begins with `ssh`. Nothing it starts may ask the person anything.
pub(crate) fn command() -> Command {
    let mut command = Command::new("ssh");
    command.env("SSH_ASKPASS_REQUIRE", "never");
    command
}

/// The options, as arguments for `ssh`, in the order of its manual.
pub(crate) fn arguments(options: &SshOptions) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut pair = |flag: &str, value: &str| arguments.extend([flag.to_owned(), value.to_owned()]);
    if let Some(file) = &options.config_file {
        pair("-F", file);
    }
    if let Some(port) = options.port {
        pair("-p", &port.to_string());
    }
    if let Some(name) = &options.login_name {
        pair("-l", name);
    }
    for file in &options.identity_files {
        pair("-i", file);
    }
    if let Some(jump) = &options.jump {
        pair("-J", jump);
    }
    for option in &options.options {
        pair("-o", option);
    }
    if let Some(address) = &options.bind_address {
        pair("-b", address);
    }
    if let Some(interface) = &options.bind_interface {
        pair("-B", interface);
    }
    match options.family {
        Some(Forced::Ipv4) => arguments.push("-4".into()),
        Some(Forced::Ipv6) => arguments.push("-6".into()),
        None => {}
    }
    arguments
}

/// A jump host, apart from its port. `ssh -J` takes `host:port`; as a destination only the URL form may carry a port.
pub(crate) fn split_jump_port(jump: &str) -> (String, Option<&str>) {
    if jump.starts_with("ssh://") {
        return (jump.to_owned(), None);
    }
    let (user, host) = match jump.rsplit_once('@') {
        Some((user, host)) => (format!("{user}@"), host),
        None => (String::new(), jump),
    };
    // Brackets only set the port apart; in a destination the address stands bare.
    if let Some((address, rest)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        return (format!("{user}{address}"), rest.strip_prefix(':'));
    }
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => (format!("{user}{name}"), Some(port)),
        _ => (jump.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_reaches_ssh_as_typed() {
        let options = SshOptions {
            port: Some(2222),
            login_name: Some("-odd".into()),
            identity_files: vec!["a b".into(), "c".into()],
            config_file: Some("/dev/null".into()),
            jump: Some("j1,j2".into()),
            options: vec!["Compression yes".into()],
            family: Some(Forced::Ipv6),
            bind_address: Some("::1".into()),
            bind_interface: Some("lo".into()),
        };
        assert_eq!(
            arguments(&options).join("|"),
            "-F|/dev/null|-p|2222|-l|-odd|-i|a b|-i|c|-J|j1,j2|-o|Compression yes|-b|::1|-B|lo|-6"
        );
    }

    #[test]
    fn a_jump_host_and_its_port_are_told_apart() {
        let split = |jump| {
            let (host, port) = split_jump_port(jump);
            format!("{host} {}", port.unwrap_or("-"))
        };
        assert_eq!(split("me@j:2200"), "me@j 2200");
        assert_eq!(split("me@[2001:db8::2]:2200"), "me@2001:db8::2 2200");
        assert_eq!(split("2001:db8::2"), "2001:db8::2 -");
        assert_eq!(split("ssh://j:2200"), "ssh://j:2200 -");
    }
}
