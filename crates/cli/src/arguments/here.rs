//! Arguments of `here`.

use std::net::IpAddr;

use clap::Args;
use sshdoctor_case::{Case, ServerQuestion};

use super::OutputArguments;

/// Who wants in.
#[derive(Debug, Args)]
#[command(override_usage = "sshdoctor here [OPTIONS]")]
pub(crate) struct HereArguments {
    /// Address of the client, as this server sees it
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) from: Option<IpAddr>,
    /// Address of this server that the client connects to
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) to: Option<IpAddr>,
    /// Port that the client connects to; otherwise the one that sshd is configured for
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Account that the client logs in to
    #[arg(short, long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Ask the provider's metadata service (169.254.169.254) for this server's public address
    #[arg(long, conflicts_with = "root")]
    pub(crate) cloud: bool,
    /// Look at the disk of a system that does not run, mounted here
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<String>,
    /// Add what the client saw: a file that `sshdoctor check --save FILE HOST` wrote there
    #[arg(long, value_name = "FILE")]
    pub(crate) case: Option<String>,
    /// Write everything that was seen to a new file
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

impl HereArguments {
    /// What is asked: what was typed, otherwise what the client's end tells.
    pub(crate) fn question(&self, client: Option<&Case>) -> ServerQuestion {
        let told = client
            .map(sshdoctor_diagnose::question_for_server)
            .unwrap_or_default();
        ServerQuestion {
            from: self.from.or(told.from),
            // Without the provider's word nothing tells whether the client's name for this server is translated to it.
            to: self.to.or(told.to.filter(|_| self.cloud)),
            port: self.port.or(told.port),
            user: self.user.clone().or(told.user),
            root: self.root.clone(),
            cloud: self.cloud,
        }
    }
}

fn address(text: &str) -> Result<IpAddr, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let unscoped = bare.split('%').next().unwrap_or(bare);
    let address: IpAddr = unscoped
        .parse()
        .map_err(|_| "an IPv4 or IPv6 address, such as 203.0.113.7".to_owned())?;
    Ok(address.to_canonical())
}
