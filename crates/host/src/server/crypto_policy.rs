//! The system-wide crypto policy of Red Hat's distributions (`update-crypto-policies(8)`).

use std::os::unix::fs::MetadataExt;

use sshdoctor_case::{CryptoPolicy, Fact, Obstacle, Received, Sight};

use super::{Host, not_seen};
use crate::root::USUAL_MOST;

/// What is in force, and what shall be, in the order of belief.
const FILES: [&str; 2] = [
    "/etc/crypto-policies/state/current",
    "/etc/crypto-policies/config",
];

/// Nothing where there are no such policies.
pub(super) fn look(host: &Host) -> Vec<Fact> {
    for path in FILES {
        let contents = match host.root.read(path, USUAL_MOST) {
            Ok(contents) => contents,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                let reason = format!("{path}: {error}");
                return vec![not_seen(Sight::CryptoPolicy, Obstacle::Failed, reason)];
            }
        };
        // Comments may stand before it.
        let mut lines = contents.lines().map(|(_, line)| line.trim_ascii());
        let Some(name) = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")) else {
            continue;
        };
        let metadata = host.root.metadata(path).ok();
        let policy = CryptoPolicy {
            name: Received::from_bytes(name),
            changed_at_ms: metadata.and_then(|metadata| metadata.mtime().checked_mul(1000)),
        };
        return vec![Fact::CryptoPolicy { policy }];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use sshdoctor_case::ServerQuestion;

    use super::*;
    use crate::programs::Programs;
    use crate::root::Root;

    #[test]
    fn what_is_in_force_is_believed_before_what_shall_be() {
        let disk = tempfile::tempdir().unwrap();
        let host = Host {
            root: Root::mounted_at(disk.path()).unwrap(),
            programs: Programs::of_this_process(),
            question: ServerQuestion::default(),
            patience: Duration::from_secs(2),
        };
        let name = || match look(&host).as_slice() {
            [Fact::CryptoPolicy { policy }] => {
                assert!(policy.changed_at_ms > Some(1_600_000_000_000));
                Some(policy.name.as_str().to_owned())
            }
            [] => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(name(), None);
        let etc = disk.path().join("etc/crypto-policies");
        fs::create_dir_all(etc.join("state")).unwrap();
        fs::write(etc.join("config"), "# how it\n# works\n\nFUTURE\n").unwrap();
        assert_eq!(name().as_deref(), Some("FUTURE"));
        fs::write(etc.join("state/current"), "DEFAULT:SHA1\x1b\n").unwrap();
        assert_eq!(name().as_deref(), Some("DEFAULT:SHA1\\x1b"));
    }
}
