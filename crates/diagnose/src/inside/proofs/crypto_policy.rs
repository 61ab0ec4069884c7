//! The crypto policy of the system.

use sshdoctor_case::Outcome;

use super::{config, logged, quote};
use crate::inside::{Proof, Server, ago::ago};

/// Where a policy's settings are (`crypto-policies(7)`); the first leads to the second.
const PLACES: [&str; 2] = ["/etc/crypto-policies/", "/usr/share/crypto-policies/"];

/// Client and server have no algorithm in common, and a policy of the whole system says which ones sshd offers.
pub(crate) fn forbids(server: &Server<'_>) -> Option<Proof> {
    let policy = server.crypto_policy?;
    let (keyword, (log, line)) = logged::without_common_algorithm(server)?;
    let set_by = server.config?.fact.origin(keyword)?;
    let by_policy = PLACES
        .iter()
        .any(|place| set_by.file.as_str().starts_with(place));
    if !by_policy {
        return None;
    }
    let when = policy
        .fact
        .changed_at_ms
        .map(|at| format!(", set {}", ago(at, server.now_ms)))
        .unwrap_or_default();
    let words = format!(
        "the crypto policy {}{when} says which are offered",
        policy.fact.name
    );
    let proof = Proof::stops(
        Outcome::NoCommonAlgorithm,
        format!(
            "The crypto policy {} of this server leaves no algorithm in common with the client{}.",
            policy.fact.name,
            config::at(server, keyword)
        ),
    )
    .link(format!("sshd logged: {}", line.message))
    .link(words)
    .by(log)
    .by(policy.id)
    .quoting(quote::config_line(
        set_by,
        set_by
            .arguments
            .first()
            .map_or("", sshdoctor_case::Received::as_str),
        "is all that the policy lets sshd offer",
    ))
    .explaining(&["no-common-algorithm"]);
    Some(proof)
}
