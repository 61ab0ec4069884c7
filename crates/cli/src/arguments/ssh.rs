//! The options of `ssh` that decide where a connection goes.

use clap::Args;
use sshdoctor_case::{Destination, Forced, SshOptions};

use super::usage_error;

/// The destination and the options as `ssh(1)` takes them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options as in ssh")]
pub(crate) struct SshArguments {
    /// Where to, in the forms that the help names.
    #[arg(
        value_name = "[USER@]HOST",
        help_heading = "Arguments",
        help = "Where to: a host, user@host, an alias from ssh_config, or ssh://[user@]host[:port]"
    )]
    destination: Option<String>,
    /// A command, as it may follow the host after `ssh`; it is ignored
    #[arg(trailing_var_arg = true, value_name = "COMMAND", hide = true)]
    remote_command: Vec<String>,
    /// The port
    #[arg(short = 'p', value_name = "PORT", allow_hyphen_values = true)]
    port: Vec<String>,
    /// The user to log in as
    #[arg(short = 'l', value_name = "USER", allow_hyphen_values = true)]
    login_name: Vec<String>,
    /// An identity file
    #[arg(short = 'i', value_name = "FILE", allow_hyphen_values = true)]
    identity_files: Vec<String>,
    /// Another configuration file
    #[arg(short = 'F', value_name = "FILE", allow_hyphen_values = true)]
    config_file: Option<String>,
    /// Jump hosts, separated by commas
    #[arg(short = 'J', value_name = "JUMP", allow_hyphen_values = true)]
    jump: Option<String>,
    /// An option of ssh_config
    #[arg(short = 'o', value_name = "OPTION", allow_hyphen_values = true)]
    options: Vec<String>,
    /// IPv4 only
    #[arg(short = '4', overrides_with = "ipv6")]
    ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', overrides_with = "ipv4")]
    ipv6: bool,
    /// The local address to connect from
    #[arg(short = 'b', value_name = "ADDRESS", allow_hyphen_values = true)]
    bind_address: Option<String>,
    /// The local interface to connect from
    #[arg(short = 'B', value_name = "INTERFACE", allow_hyphen_values = true)]
    bind_interface: Option<String>,
}

impl SshArguments {
    /// The destination and the options, checked.
    ///
    /// # Errors
    /// When the destination cannot be one or the port is out of range.
    pub(crate) fn resolve(self) -> Result<(Destination, SshOptions), clap::Error> {
        let given = self.destination.ok_or_else(|| {
            usage_error("no HOST was given: name one, for example web1 or me@web1")
        })?;
        let destination = Destination::parse(&given).map_err(usage_error)?;
        let family = match (self.ipv4, self.ipv6) {
            (true, _) => Some(Forced::Ipv4),
            (_, true) => Some(Forced::Ipv6),
            _ => None,
        };
        let options = SshOptions {
            // The first -p and the first -l win, as in ssh.
            port: self.port.first().map(|port| parse_port(port)).transpose()?,
            login_name: self.login_name.into_iter().next(),
            identity_files: self.identity_files,
            config_file: self.config_file,
            jump: self.jump,
            options: self.options,
            family,
            bind_address: self.bind_address,
            bind_interface: self.bind_interface,
        };
        Ok((destination, options))
    }
}

fn parse_port(text: &str) -> Result<u16, clap::Error> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ if text == "ssh" => Ok(22),
        _ => Err(usage_error(format!(
            "the port {:?} after -p is not a number from 1 to 65535",
            sshdoctor_case::escape(text)
        ))),
    }
}
