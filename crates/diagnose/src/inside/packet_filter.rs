//! Which cause of the catalogue fits what a packet filter does.

use sshdoctor_case::{PacketAnswer, PacketVerdict, RuleOwnerKind, TrailStep};

/// Id of the cause that fits; nothing when the packet is let in. `is_legacy` tells sources of the kernel's older tables.
#[must_use]
pub fn cause(answer: &PacketAnswer, is_legacy: impl Fn(&str) -> bool) -> Option<&'static str> {
    if answer.verdict == PacketVerdict::Accept {
        return None;
    }
    if answer.rate.is_some() {
        return Some("host-firewall-rate-limits");
    }
    let owner = answer.owner.as_ref();
    if owner.is_some_and(|owner| owner.tool == "fail2ban") {
        return Some("fail2ban-ban");
    }
    if owner.is_some_and(|owner| owner.tool == "crowdsec") || is_by_ipset(answer) {
        return Some("blocklist-match");
    }
    if owner.is_some_and(|owner| owner.kind == RuleOwnerKind::BanTool) {
        return Some("other-ban-tool");
    }
    if is_denied_beside_another(answer, is_legacy) {
        return Some("two-firewalls-loaded");
    }
    let denial = answer
        .endings
        .iter()
        .find(|ending| ending.verdict != PacketVerdict::Accept);
    let reject_with = denial
        .filter(|ending| ending.verdict == PacketVerdict::Reject)
        .and_then(|ending| ending.reject_with.as_deref());
    Some(match reject_with {
        Some("tcp-reset") => "host-firewall-resets",
        Some(with) if with.ends_with("port-unreachable") => "host-firewall-rejects",
        Some(_) => "host-firewall-prohibits",
        None if is_ufw_default(answer) => "ufw-enabled-without-ssh",
        None => "host-firewall-drops",
    })
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
fn is_denied_beside_another(answer: &PacketAnswer, is_legacy: impl Fn(&str) -> bool) -> bool {
    let Some(denial) = &answer.rule else {
        return false;
    };
    let lets_in = |step: &TrailStep| {
        step.certain
            && !step.rule.policy
            && step.rule.hook == "input"
            && (step.rule.text.contains("-j ACCEPT") || step.rule.text.ends_with("accept"))
    };
    denial.hook == "input"
        && answer
            .trail
            .iter()
            .any(|step| lets_in(step) && is_legacy(&step.rule.source) != is_legacy(&denial.source))
}
