//! What stops those who only want to pass through.

use super::config;
use crate::inside::{Proof, Server};

/// This host forbids its clients to go on to others, which stops a jump and no login.
pub(crate) fn forbidden(server: &Server<'_>) -> Option<Proof> {
    let config = server.config?;
    let forbids = |keyword: &str, value: &str| match keyword {
        "disableforwarding" => value == "yes",
        // A jump is local forwarding.
        "allowtcpforwarding" => matches!(value, "no" | "remote"),
        _ => value != "any",
    };
    let (keyword, shown, value) = [
        ("disableforwarding", "DisableForwarding"),
        ("allowtcpforwarding", "AllowTcpForwarding"),
        ("permitopen", "PermitOpen"),
    ]
    .into_iter()
    .find_map(|(keyword, shown)| {
        let value = config.fact.value(keyword)?;
        forbids(keyword, value).then_some((keyword, shown, value))
    })?;
    let where_to = if keyword == "permitopen" && value != "none" {
        format!("leads to {value} only")
    } else {
        "leads nowhere".to_owned()
    };
    Some(
        Proof::note(format!(
            "A jump through this server {where_to}: {shown} {value}{}.",
            config::at(server, keyword)
        ))
        .by(config.id),
    )
}
