//! SELinux and AppArmor.

mod apparmor;
mod selinux;

use sshdoctor_case::Fact;

use super::Host;

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let mut facts = selinux::look(host);
    // Profiles are loaded anew by each boot: those on a disk tell nothing of what was in force.
    if host.root.is_running() {
        facts.push(Fact::AppArmor {
            apparmor: apparmor::look(),
        });
    }
    facts
}
