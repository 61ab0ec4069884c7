//! The host behind a ProxyCommand that runs `ssh -W`.

/// Options of `ssh(1)` that take a value.
const WITH_VALUE: &str = "BbcDEeFIiJLlmOopPQRSWw";

/// The jump host of a command such as `ssh -q -W %h:%p me@jump -p 2222`, in the form that `ssh -J` takes.
///
/// `None` for every other command, and for one that a shell would have to take apart first.
pub(crate) fn jump_host(command: &str) -> Option<String> {
    if command.contains(['"', '\'', '$', '`', ';', '|', '&', '<', '>', '(', '\\']) {
        return None;
    }
    let mut words = command.split_whitespace();
    let program = words.find(|word| *word != "exec")?;
    if program.rsplit('/').next()? != "ssh" {
        return None;
    }
    let (mut host, mut port, mut user, mut forwards) = (None, None, None, false);
    while let Some(word) = words.next() {
        let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            host = host.or(Some(word));
            continue;
        };
        let Some(at) = flags.find(|flag| WITH_VALUE.contains(flag)) else {
            continue;
        };
        let (flag, attached) = (&flags[at..=at], &flags[at + 1..]);
        let value = if attached.is_empty() {
            words.next()?
        } else {
            attached
        };
        match flag {
            "W" => forwards = true,
            "p" => port = Some(value),
            "l" => user = Some(value),
            _ => {}
        }
    }
    let host = host.filter(|_| forwards)?;
    let host = match user {
        Some(user) if !host.contains('@') => format!("{user}@{host}"),
        _ => host.to_owned(),
    };
    Some(port.map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::jump_host;

    #[test]
    fn the_host_that_ssh_forwards_through_is_the_jump_host() {
        for (command, host) in [
            ("ssh -W %h:%p jump", "jump"),
            ("/usr/bin/ssh -q jump -W [%h]:%p", "jump"),
            (
                "exec ssh -p 2222 -l me -i key -W %h:%p jump",
                "me@jump:2222",
            ),
            ("ssh -qp2222 me@jump -W%h:%p", "me@jump:2222"),
        ] {
            assert_eq!(jump_host(command).as_deref(), Some(host), "{command}");
        }
    }

    #[test]
    fn other_commands_have_none() {
        for command in [
            "nc %h %p",
            "ssh jump nc %h %p",
            "ssh -W %h:%p $(pick)",
            "sh -c 'ssh -W %h:%p jump'",
            "ssh -W",
            "",
        ] {
            assert_eq!(jump_host(command), None, "{command}");
        }
    }
}
