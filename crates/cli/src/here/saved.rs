//! The rules that the next boot loads, asked about the same packet.

use sshdoctor_case::{Boot, Case, Fact, FilterRule, Obstacle, PacketVerdict, Received, Sight};
use sshdoctor_filter::evaluate::Question;
use sshdoctor_host::server::{self, Host};

use crate::firewall;

/// What becomes of the packet by the rules of one tool.
pub(super) struct Saved {
    tool: &'static str,
    verdict: PacketVerdict,
    rule: Option<FilterRule>,
    facts: Vec<Fact>,
}

/// Asks the tool that loads rules at boot. Of several nothing is told: each may take away what another loaded before.
pub(super) fn ask(host: &Host, questions: Vec<Question>) -> Result<Saved, String> {
    let mut tools = server::rules_at_boot(&host.root);
    let tool = tools.pop();
    if !tools.is_empty() {
        return Err("several tools load rules at boot".to_owned());
    }
    let Some((tool, rules)) = tool else {
        return Err("no tool that is known loads rules at boot".to_owned());
    };
    let Some(rules) = rules else {
        return Err(format!("what {tool} loads at boot cannot be told"));
    };
    let facts = firewall::facts_at_boot(questions, rules, host.root.is_running())
        .map_err(|error| format!("{error:#}"))?;
    let mut verdict = None;
    let mut rule = None;
    for fact in &facts {
        if let Fact::PacketFilter { answer, .. } = fact {
            rule = rule.or_else(|| answer.rule.clone());
            verdict = match verdict {
                None => Some(answer.verdict),
                Some(known) if known == answer.verdict => Some(known),
                Some(_) => Some(PacketVerdict::Unknown),
            };
        }
    }
    let verdict = verdict.unwrap_or(PacketVerdict::Unknown);
    Ok(Saved {
        tool,
        verdict,
        rule: rule.filter(|_| verdict != PacketVerdict::Unknown),
        facts,
    })
}

/// What a system that does not run shows of its packet filter: denials that are certain, and else nothing, since other
/// programs may add to what was saved.
pub(super) fn in_place_of_live(saved: &Result<Saved, String>) -> Vec<Fact> {
    let reason = match saved {
        Ok(saved) if is_denial(saved.verdict) => return saved.facts.clone(),
        Ok(Saved {
            verdict: PacketVerdict::Accept,
            tool,
            ..
        }) => format!("the system does not run; the rules that {tool} saved let the packet in"),
        Ok(saved) => format!(
            "the system does not run; what the rules that {} saved do is not certain",
            saved.tool
        ),
        Err(reason) => format!("the system does not run, and {reason}"),
    };
    vec![Fact::NotSeen {
        sight: Sight::PacketFilter,
        obstacle: Obstacle::NotRunning,
        reason: Received::from_text(&reason),
    }]
}

const fn is_denial(verdict: PacketVerdict) -> bool {
    matches!(verdict, PacketVerdict::Drop | PacketVerdict::Reject)
}

/// Notes the answer where a case has what the boot does.
pub(super) fn note(case: &mut Case, saved: Saved) {
    let boot = case.observations.iter_mut().find_map(|observation| {
        let Fact::Boot { boot } = &mut observation.fact else {
            return None;
        };
        Some::<&mut Boot>(boot)
    });
    let rules = boot.and_then(|boot| {
        let mut rules = boot.saved_rules.iter_mut();
        rules.find(|rules| rules.tool.as_str() == saved.tool)
    });
    if let Some(rules) = rules {
        rules.verdict = Some(saved.verdict);
        rules.rule = saved.rule;
    }
}
