//! One cause as its manual page.

use sshdoctor_case::{CAUSE_SCHEMA, CausePage, DistributionRemedy};

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
    let total: f64 = all().map(|cause| cause.prior.weight).sum();
    let known = UNKNOWN.candidate(cause, cause.prior.weight / total);
    CausePage {
        schema: CAUSE_SCHEMA.into(),
        id: cause.id.into(),
        stage: cause.stage,
        title: cause.title.into(),
        prior: known.probability,
        what: cause.what.into(),
        client_looks: cause.looks.into(),
        server_looks: cause.server_looks.into(),
        confirm: known.confirm,
        confirm_without_systemd: known.confirm_without_systemd,
        remedy: known.remedy,
        place: cause.remedy.place,
        by_distribution: cause
            .by_distribution
            .iter()
            .map(|remedy| DistributionRemedy {
                names: remedy.names.into(),
                commands: remedy
                    .commands
                    .iter()
                    .map(|command| UNKNOWN.fill(command))
                    .collect(),
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
