//! AppArmor (`apparmor(7)`).

use std::fs;

use sshdoctor_case::{AppArmor, Received};

use crate::kernel_setting::{text, value};

/// As many processes as are gone through.
const MOST_PROCESSES: usize = 65_536;
/// As many profiles as are kept.
const MOST_PROFILES: usize = 8;

pub(super) fn look() -> AppArmor {
    let enabled = value("/sys/module/apparmor/parameters/enabled") == Some('Y');
    if !enabled {
        return AppArmor {
            enabled,
            sshd_profile: None,
            loaded: Vec::new(),
        };
    }
    AppArmor {
        enabled,
        sshd_profile: first_sshd().and_then(profile),
        // Only root may read it.
        loaded: text("/sys/kernel/security/apparmor/profiles")
            .map(|list| of_sshd(&list))
            .unwrap_or_default(),
    }
}

/// The master is the oldest, and so has the lowest number in all but rare cases.
fn first_sshd() -> Option<u32> {
    let entries = fs::read_dir("/proc").ok()?.flatten().take(MOST_PROCESSES);
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| text(&format!("/proc/{pid}/comm")).as_deref() == Some("sshd\n"))
        .min()
}

/// As in `unconfined` or `/usr/sbin/sshd (enforce)`; before Linux 5.1 the file belongs to whichever module is first.
fn profile(pid: u32) -> Option<Received> {
    let own = text(&format!("/proc/{pid}/attr/apparmor/current"));
    let shown = own.or_else(|| text(&format!("/proc/{pid}/attr/current")))?;
    let shown = shown.trim_end_matches(['\n', '\0']);
    (!shown.is_empty()).then(|| Received::from_text(shown))
}

fn of_sshd(list: &str) -> Vec<Received> {
    let profiles = list.lines().filter(|profile| profile.contains("sshd"));
    profiles
        .take(MOST_PROFILES)
        .map(Received::from_text)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_of_sshd_are_picked_out() {
        let list = "/usr/bin/man (enforce)\n/usr/sbin/sshd (complain)\nman_groff (enforce)\n";
        assert_eq!(
            of_sshd(list),
            [Received::from_text("/usr/sbin/sshd (complain)")]
        );
        assert_eq!(of_sshd(""), []);
    }

    #[test]
    fn what_this_kernel_says_is_told() {
        let seen = look();
        assert_eq!(
            seen.enabled,
            text("/sys/module/apparmor/parameters/enabled").as_deref() == Some("Y\n")
        );
    }
}
