//! One cause as its manual page.

use sshdoctor_case::{CAUSE_SCHEMA, CausePage, DistributionRemedy, Remedy};

use super::{Cause, Known, all, scenarios};

/// What stands for what only the reader knows. The unit has the name that Debian and Ubuntu give it.
const UNKNOWN: Known<'_> = Known {
    unit: "ssh",
    port: 22,
    from: "CLIENT-ADDRESS",
    user: "USER",
    host: "HOST",
};

/// The manual page of a cause.
///
/// ```
/// use sshdoctor_diagnose::catalogue;
///
/// let cause = catalogue::find("sshd-stopped").unwrap();
/// let page = catalogue::page(cause);
/// assert_eq!(page.title, "sshd is not running");
/// assert!(page.scenarios.contains(&"booted service-stopped".to_owned()));
/// ```
#[must_use]
pub fn page(cause: &Cause) -> CausePage {
    let fill = |commands: &[&str]| {
        commands
            .iter()
            .map(|command| UNKNOWN.fill(command))
            .collect::<Vec<String>>()
    };
    let total: f64 = all().map(|cause| cause.prior.weight).sum();
    CausePage {
        schema: CAUSE_SCHEMA.into(),
        id: cause.id.into(),
        stage: cause.stage,
        title: cause.title.into(),
        prior: cause.prior.weight / total,
        what: cause.what.into(),
        client_looks: cause.looks.into(),
        server_looks: cause.server_looks.into(),
        confirm: fill(cause.confirm.usual),
        confirm_without_systemd: fill(cause.confirm.without_systemd),
        remedy: Remedy {
            summary: cause.remedy.summary.into(),
            commands: fill(cause.remedy.commands.usual),
            commands_without_systemd: fill(cause.remedy.commands.without_systemd),
            avoid: cause.avoid.into(),
        },
        place: cause.remedy.place,
        by_distribution: cause
            .by_distribution
            .iter()
            .map(|remedy| DistributionRemedy {
                names: remedy.names.into(),
                commands: fill(remedy.commands),
            })
            .collect(),
        lasting: cause.lasting.into(),
        scenarios: scenarios::PROVING
            .iter()
            .find(|(id, _)| *id == cause.id)
            .map(|(_, names)| names.iter().map(|name| (*name).to_owned()).collect())
            .unwrap_or_default(),
    }
}
