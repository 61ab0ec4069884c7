//! What the server's packet filter does, and who told it to.

use sshdoctor_case::{FilterRule, Outcome, PacketVerdict, Quotation, RuleContext};

use super::rate;
use crate::inside::{Filtered, Proof, Server, ago::ago, packet_filter};

/// How often the client may connect is limited: it has used that up, or may do so.
pub(crate) fn rate_limited(server: &Server<'_>) -> Option<Proof> {
    denied(server, RATE_LIMITED).or_else(|| {
        let limited = server
            .packet_filter
            .iter()
            .find(|filtered| filtered.answer.rate.is_some())?;
        Some(
            Proof::note(format!(
                "The firewall of this server limits how often {} may connect: {}",
                server.client(),
                lower(limited.summary)
            ))
            .by(limited.id),
        )
    })
}

const RATE_LIMITED: &str = "host-firewall-rate-limits";

/// The packet filter denies the client's packet for sure, in the way that is this cause.
pub(crate) fn denied(server: &Server<'_>, cause: &str) -> Option<Proof> {
    if cause == "host-firewall-drops"
        && let Some(proof) = unit_filter(server)
    {
        return Some(proof);
    }
    let filtered = server.packet_filter.iter().find(|filtered| {
        (matches!(
            filtered.answer.verdict,
            PacketVerdict::Drop | PacketVerdict::Reject
        ) || rate::is_beyond(server, filtered))
            && packet_filter::cause(filtered.answer, is_legacy) == Some(cause)
    })?;
    let mut proof = rate::with_connections(server, filtered, proof(server, *filtered));
    if cause == "fail2ban-ban" {
        proof = with_ban(server, proof);
    }
    Some(proof)
}

fn is_legacy(source: &str) -> bool {
    source.contains("legacy")
}

fn proof(server: &Server<'_>, filtered: Filtered<'_>) -> Proof {
    let answer = filtered.answer;
    let denial = || {
        answer
            .endings
            .iter()
            .find(|ending| ending.verdict != PacketVerdict::Accept)
    };
    let outcome = denial().map_or(Outcome::TimedOut, |ending| ending.outcome);
    let decided_by = denial().map_or("", |ending| ending.decided_by.as_str());
    let whose = if server.question.root.is_some() {
        "The firewall rules that this system loads at boot keep"
    } else {
        "The firewall of this server keeps"
    };
    let sentence = format!(
        "{whose} {} out of port {}: {}",
        server.client(),
        server.port(),
        lower(filtered.summary)
    );
    let mut proof = Proof::stops(outcome, sentence).by(filtered.id);
    if !decided_by.is_empty() {
        proof = proof.link(format!("{decided_by} decides"));
    }
    if let Some(rule) = &answer.rule {
        proof = proof.quoting(quotation(rule, answer.context.as_ref()));
    }
    let commands = answer
        .owner
        .as_ref()
        .map(|owner| owner.change.clone())
        .filter(|commands| !commands.is_empty())
        .or_else(|| Some(answer.insertions.first()?.commands.clone()))
        .unwrap_or_default();
    proof.commands = commands;
    proof
}

fn lower(sentence: &str) -> String {
    let mut characters = sentence.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

fn quotation(rule: &FilterRule, context: Option<&RuleContext>) -> Quotation {
    let handle = rule
        .handle
        .map(|handle| format!(", handle {handle}"))
        .unwrap_or_default();
    Quotation {
        source: format!(
            "{}, table {}, chain {}{handle}",
            rule.source, rule.table, rule.chain
        ),
        line: rule.line,
        text: rule.text.clone(),
        mark: context.and_then(|context| context.mark),
        label: context
            .map(|context| context.label.clone())
            .unwrap_or_default(),
    }
}

/// With what fail2ban itself says of the ban.
fn with_ban(server: &Server<'_>, proof: Proof) -> Proof {
    let banned = server.ban_tools.iter().find_map(|tool| {
        let jail = tool.fact.jails.iter().find(|jail| jail.ban.is_some())?;
        Some((tool.id, jail))
    });
    let Some((id, jail)) = banned else {
        return proof;
    };
    let until = jail.ban.as_ref().and_then(|ban| ban.until_ms);
    let words = match until {
        Some(until) => format!(
            "jail {} bans it for {} more",
            jail.name,
            ago(server.now_ms, until).trim_end_matches(" ago")
        ),
        None => format!("jail {} bans it", jail.name),
    };
    let mut proof = proof.link(words).by(id);
    if let Some(from) = server.question.from {
        proof.commands = vec![format!("fail2ban-client set {} unbanip {from}", jail.name)];
    }
    proof
}

/// The unit of sshd takes packets of some addresses only (`IPAddressDeny=`, `systemd.resource-control(5)`).
pub(crate) fn unit_filter(server: &Server<'_>) -> Option<Proof> {
    let from = server.question.from?;
    let unit = server
        .active_socket()
        .into_iter()
        .chain(server.service())
        .find(|unit| {
            let denied = covers_any(&unit.fact.address_deny, from);
            denied && !covers_any(&unit.fact.address_allow, from)
        })?;
    let deny: Vec<&str> = unit
        .fact
        .address_deny
        .iter()
        .map(sshdoctor_case::Received::as_str)
        .collect();
    let words = format!("{} has IPAddressDeny={}", unit.fact.name, deny.join(" "));
    Some(
        super::service::changed_by(
            Proof::stops(
                Outcome::TimedOut,
                format!("systemd drops the packets of {from} to sshd: {words}."),
            )
            .link(words),
            unit.fact,
        )
        .by(unit.id),
    )
}

fn covers_any(networks: &[sshdoctor_case::Received], address: std::net::IpAddr) -> bool {
    networks.iter().any(|network| match network.as_str() {
        "any" => true,
        "localhost" => address.is_loopback(),
        text => super::access::in_network(text, &address.to_string()),
    })
}

/// One family is let in and the other is not.
pub(crate) fn families_differ(server: &Server<'_>) -> Option<Proof> {
    let let_in = server
        .packet_filter
        .iter()
        .any(|filtered| filtered.answer.verdict == PacketVerdict::Accept);
    let denied = server.packet_filter.iter().find(|filtered| {
        matches!(
            filtered.answer.verdict,
            PacketVerdict::Drop | PacketVerdict::Reject
        )
    })?;
    if !let_in {
        return None;
    }
    Some(proof(server, *denied).explaining(&[
        "host-firewall-drops",
        "host-firewall-rejects",
        "host-firewall-resets",
        "host-firewall-prohibits",
        "ufw-enabled-without-ssh",
    ]))
}

/// Rules in memory let the client in, and no boot loads them, or those that a boot loads do not.
pub(crate) fn not_persisted(server: &Server<'_>) -> Option<Proof> {
    let boot = server.boot?;
    let denied_later = boot.fact.saved_rules.iter().find(|rules| {
        rules.enabled == Some(true)
            && matches!(
                rules.verdict,
                Some(PacketVerdict::Drop | PacketVerdict::Reject)
            )
    })?;
    let let_in = server
        .packet_filter
        .iter()
        .all(|filtered| filtered.answer.verdict == PacketVerdict::Accept);
    if !let_in || server.packet_filter.is_empty() {
        return None;
    }
    let what = match denied_later.verdict {
        Some(PacketVerdict::Reject) => "reject",
        _ => "drop",
    };
    let by = denied_later.rule.as_ref().map_or_else(String::new, |rule| {
        let line = rule.line.map(|line| format!(", line {line}"));
        format!(
            " ({}{}: {})",
            rule.source,
            line.unwrap_or_default(),
            rule.text
        )
    });
    let mut proof = Proof::later(format!(
        "Fine now, and will not survive the next reboot: the rules that {} loads at boot {what} the packets of {} to port {}{by}.",
        denied_later.tool,
        server.client(),
        server.port(),
    ))
    .by(boot.id);
    if let Some(rule) = &denied_later.rule {
        proof = proof.quoting(quotation(rule, None));
    }
    Some(proof)
}
