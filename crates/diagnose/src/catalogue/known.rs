//! Commands of the catalogue, filled in with what is known.

use sshdoctor_case::{Candidate, Remedy};

use super::Cause;

/// What the placeholders of [`super::Commands`] stand for.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// `{unit}`: the service's name on the server.
    pub unit: &'a str,
    /// `{port}`.
    pub port: u16,
    /// `{from}`: the client's address as the server sees it.
    pub from: &'a str,
    /// `{user}`.
    pub user: &'a str,
    /// `{host}`.
    pub host: &'a str,
}

impl Known<'_> {
    /// Fills in one command, in its form for the family of `from`.
    #[must_use]
    pub fn fill(&self, command: &str) -> String {
        let command = if self.from.contains(':') {
            for_ipv6(command)
        } else {
            command.to_owned()
        };
        command
            .replace("{unit}", self.unit)
            .replace("{port}", &self.port.to_string())
            .replace("{from}", self.from)
            .replace("{user}", self.user)
            .replace("{host}", self.host)
    }

    /// The cause as it stands in a report, without evidence.
    #[must_use]
    pub fn candidate(&self, cause: &Cause, probability: f64) -> Candidate {
        let fill = |commands: &[&str]| commands.iter().map(|command| self.fill(command)).collect();
        Candidate {
            id: cause.id.into(),
            probability,
            summary: cause.title.into(),
            because: String::new(),
            chain: Vec::new(),
            quotation: None,
            evidence: Vec::new(),
            confirm: fill(cause.confirm.usual),
            confirm_without_systemd: fill(cause.confirm.without_systemd),
            remedy: Remedy {
                summary: cause.remedy.summary.into(),
                commands: fill(cause.remedy.commands.usual),
                commands_without_systemd: fill(cause.remedy.commands.without_systemd),
                avoid: cause.avoid.into(),
            },
        }
    }
}

fn for_ipv6(command: &str) -> String {
    command
        .replace("family=ipv4", "family=ipv6")
        .replace("ip saddr", "ip6 saddr")
        .replace("iptables ", "ip6tables ")
        .replace("iptables-legacy ", "ip6tables-legacy ")
        .replace("{from}/32", "{from}/128")
}
