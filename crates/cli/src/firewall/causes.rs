//! The cause from the catalogue that fits what the packet filter does.

use sshdoctor_case::{Candidate, Outcome, PacketAnswer, PacketVerdict, RuleOwnerKind, TrailStep};
use sshdoctor_diagnose::catalogue::{self, Known};

/// What stands for the client's address where it was not given.
const UNKNOWN_FROM: &str = "CLIENT-ADDRESS";

/// The cause of one answer; none when the packet is let in, or nothing is known to deny it.
pub(crate) fn candidates(
    answer: &PacketAnswer,
    outcome: Outcome,
    from: Option<&str>,
    port: u16,
    evidence: &[String],
    legacy: &[String],
) -> Vec<Candidate> {
    if answer.verdict == PacketVerdict::Accept {
        return Vec::new();
    }
    let Some(cause) = catalogue::find(id(answer, outcome, legacy)) else {
        return Vec::new();
    };
    // What may be decided otherwise is as likely as anything else that is possible.
    let probability = match answer.verdict {
        PacketVerdict::Unknown => 0.5,
        _ => 1.0,
    };
    let known = Known {
        unit: "ssh",
        port,
        from: from.unwrap_or(UNKNOWN_FROM),
        user: "root",
        host: "",
    };
    let mut candidate = known.candidate(cause, probability);
    candidate.because = answer
        .endings
        .iter()
        .find(|ending| ending.verdict != PacketVerdict::Accept)
        .map(|ending| format!("{} decides", ending.decided_by))
        .unwrap_or_default();
    candidate.evidence = evidence.to_vec();
    vec![candidate]
}

fn id(answer: &PacketAnswer, outcome: Outcome, legacy: &[String]) -> &'static str {
    if answer.rate.is_some() {
        return "host-firewall-rate-limits";
    }
    let owner = answer.owner.as_ref();
    if owner.is_some_and(|owner| owner.tool == "fail2ban") {
        return "fail2ban-ban";
    }
    if owner.is_some_and(|owner| owner.tool == "crowdsec") || is_by_ipset(answer) {
        return "blocklist-match";
    }
    if owner.is_some_and(|owner| owner.kind == RuleOwnerKind::BanTool) {
        return "other-ban-tool";
    }
    if is_denied_beside_another(answer, legacy) {
        return "two-firewalls-loaded";
    }
    let denial = answer
        .endings
        .iter()
        .find(|ending| ending.verdict != PacketVerdict::Accept);
    let reject_with = denial
        .filter(|ending| ending.verdict == PacketVerdict::Reject)
        .and_then(|ending| ending.reject_with.as_deref());
    match (reject_with, outcome) {
        (Some("tcp-reset"), _) => "host-firewall-resets",
        (Some(with), _) if with.ends_with("port-unreachable") => "host-firewall-rejects",
        (Some(_), _) => "host-firewall-prohibits",
        (None, _) if is_ufw_default(answer) => "ufw-enabled-without-ssh",
        (None, _) => "host-firewall-drops",
    }
}

fn is_by_ipset(answer: &PacketAnswer) -> bool {
    answer.context.as_ref().is_some_and(|context| {
        context
            .set_entries
            .iter()
            .any(|entry| entry.set.starts_with("ipset "))
    })
}

/// ufw's own default, and no rule of the person's.
fn is_ufw_default(answer: &PacketAnswer) -> bool {
    answer.owner.as_ref().is_some_and(|owner| {
        owner.tool == "ufw"
            && owner
                .setting
                .as_deref()
                .is_some_and(|setting| setting.starts_with("default "))
    })
}

/// A rule in one of the kernel's two kinds of tables lets the packet in, and one in the other denies it.
fn is_denied_beside_another(answer: &PacketAnswer, legacy: &[String]) -> bool {
    let Some(denial) = &answer.rule else {
        return false;
    };
    let lets_in = |step: &TrailStep| {
        step.certain
            && !step.rule.policy
            && step.rule.hook == "input"
            && (step.rule.text.contains("-j ACCEPT") || step.rule.text.ends_with("accept"))
    };
    let is_legacy = |source: &String| legacy.contains(source);
    denial.hook == "input"
        && answer
            .trail
            .iter()
            .any(|step| lets_in(step) && is_legacy(&step.rule.source) != is_legacy(&denial.source))
}
