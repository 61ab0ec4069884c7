//! What cloud-init did to a host that it took for a new one.

use sshdoctor_case::{HostKeyFile, Received};

use crate::inside::{Proof, Server};

/// The id may be written down this long after or before the keys are made, in milliseconds.
const ONE_BOOT_MS: i64 = 900_000;

/// cloud-init saw another instance id than before, and made new host keys at that boot.
pub(crate) fn new_host_keys(server: &Server<'_>) -> Option<Proof> {
    let boot = server.boot?;
    let keys = server.host_keys?;
    let instance = boot.fact.new_instance.as_ref()?;
    let since = instance.since_ms?;
    let made_then = |key: &&HostKeyFile| {
        key.exists
            && key
                .changed_at_ms
                .is_some_and(|at| at.abs_diff(since) <= ONE_BOOT_MS.unsigned_abs())
    };
    let made: Vec<&str> = keys
        .fact
        .iter()
        .filter(made_then)
        .map(|key| &key.path)
        .map(Received::as_str)
        .collect();
    if made.is_empty() {
        return None;
    }
    Some(
        Proof::note(format!(
            "cloud-init took this host for a new one (instance {} after {}), and its host keys were made at that boot \
            ({}): who remembers the old ones is warned of a changed host key.",
            instance.id,
            instance.previous,
            made.join(", ")
        ))
        .by(boot.id)
        .by(keys.id),
    )
}
