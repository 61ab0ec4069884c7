//! Finds whose rule it is.

use super::callers::{Callers, targets, targets_of};
use super::scene::Scene;
use super::signs::{Setting, Signs, any_fits};
use super::{Owner, TOOLS, Tool, ToolKind, hand_written};
use crate::evaluate::{Decider, Question};
use crate::model::{ChainReference, Hook, Origin, RuleReference, RuleSet};

/// Who wrote what decided, and which setting of that tool made it. The question helps where rules alone do not tell which of several
/// settings sent the packet here, and gives the commands their addresses.
#[must_use]
pub fn owner_of(rule_set: &RuleSet, decider: Decider, question: &Question) -> Owner {
    let scene = match decider {
        Decider::Rule { rule, hook } => rule_scene(rule_set, question, rule, hook),
        Decider::Policy { chain, hook } => chain_scene(rule_set, question, chain, hook),
        Decider::NoChain => return nobody("none", "no firewall", "no base chain had a say"),
        Decider::Routing => return nobody("kernel", "the kernel's routing", "no rule decided"),
        Decider::Unread(_) => {
            return nobody(
                "unknown",
                "rules that were not read",
                "they could not be read",
            );
        }
    };
    let Some(scene) = scene else {
        return nobody("unknown", "unknown", "no such rule");
    };
    match recognise(&scene) {
        Some((signs, evidence)) => {
            let setting = (signs.setting)(&scene);
            owner(signs.tool, setting, evidence, &scene)
        }
        None => hand_written::owner_by_hand(&scene),
    }
}

fn nobody(id: &'static str, name: &'static str, evidence: &str) -> Owner {
    Owner {
        tool: Tool {
            id,
            name,
            kind: ToolKind::Nobody,
        },
        setting: None,
        change: Vec::new(),
        persists: None,
        evidence: evidence.to_owned(),
    }
}

pub(super) fn owner(tool: Tool, setting: Setting, sign: String, scene: &Scene<'_>) -> Owner {
    let evidence = match setting.remark {
        Some(remark) => format!("{sign}; {remark}"),
        None => sign,
    };
    Owner {
        tool,
        setting: setting.words,
        change: if scene.accepts() {
            Vec::new()
        } else {
            setting.change
        },
        persists: setting.persists,
        evidence,
    }
}

fn chain_scene<'a>(
    rule_set: &'a RuleSet,
    question: &'a Question,
    place: ChainReference,
    hook: Hook,
) -> Option<Scene<'a>> {
    let table = rule_set.tables.get(place.table as usize)?;
    Some(Scene {
        rule_set,
        question,
        hook,
        place,
        table,
        chain: table.chains.get(place.chain as usize)?,
        rule: None,
        rule_index: None,
    })
}

fn rule_scene<'a>(
    rule_set: &'a RuleSet,
    question: &'a Question,
    rule: RuleReference,
    hook: Hook,
) -> Option<Scene<'a>> {
    let scene = chain_scene(rule_set, question, rule.chain, hook)?;
    Some(Scene {
        rule: Some(scene.chain.rules.get(rule.rule as usize)?),
        rule_index: Some(rule.rule),
        ..scene
    })
}

/// The tool that the signs show, the most telling ones first, and the sign.
fn recognise(scene: &Scene<'_>) -> Option<(&'static Signs, String)> {
    if left_to_the_person(scene) {
        return None;
    }
    by_rule(scene)
        .or_else(|| by_chain(scene))
        .or_else(|| by_table(scene))
        .or_else(|| by_policy(scene))
        .or_else(|| by_mark(scene))
        .or_else(|| by_callers(scene))
        .or_else(|| {
            TOOLS
                .iter()
                .find_map(|signs| Some((*signs, (signs.otherwise)(scene)?)))
        })
}

fn first(fits: impl Fn(&Signs) -> bool) -> Option<&'static Signs> {
    TOOLS.iter().copied().find(|signs| fits(signs))
}

pub(super) fn left_to_the_person(scene: &Scene<'_>) -> bool {
    first(|signs| any_fits(signs.left_to_the_person, &scene.chain.name)).is_some()
}

/// By the sets it asks, its comment, its text.
fn by_rule(scene: &Scene<'_>) -> Option<(&'static Signs, String)> {
    let rule = scene.rule?;
    for name in scene.set_names() {
        if let Some(signs) = first(|signs| any_fits(signs.sets, &name)) {
            return Some((signs, format!("the rule asks the set {name}")));
        }
    }
    if let Some(comment) = rule.comment.as_deref()
        && let Some(signs) = first(|signs| any_fits(signs.comments, comment))
    {
        return Some((signs, format!("the rule's comment is \"{comment}\"")));
    }
    let signs = first(|signs| signs.texts.iter().any(|text| rule.text.contains(text)))?;
    Some((signs, "nobody else writes such a rule".to_owned()))
}

fn by_chain(scene: &Scene<'_>) -> Option<(&'static Signs, String)> {
    let name = &*scene.chain.name;
    let signs = first(|signs| any_fits(signs.chains, name))?;
    Some((signs, format!("the chain is named {name}")))
}

/// Tables that belong to one tool are nftables ones: those of iptables have the same names on every host.
fn by_table(scene: &Scene<'_>) -> Option<(&'static Signs, String)> {
    if scene.table.origin != Origin::Nft {
        return None;
    }
    let name = &*scene.table.name;
    let signs = first(|signs| any_fits(signs.tables, name))?;
    let family = scene.table.family.word();
    Some((signs, format!("the table is named {family} {name}")))
}

/// The policy of a base chain, by the chains that hang off it.
fn by_policy(scene: &Scene<'_>) -> Option<(&'static Signs, String)> {
    if scene.rule.is_some() {
        return None;
    }
    let hanging: Vec<&str> = targets(scene.table, scene.chain).collect();
    TOOLS
        .iter()
        .filter(|signs| signs.sets_policies)
        .find_map(|signs| {
            let name = hanging.iter().find(|name| any_fits(signs.chains, name))?;
            let base = &scene.chain.name;
            Some((
                *signs,
                format!(
                    "{name} hangs off {base}, and {} sets its policy",
                    signs.tool.name
                ),
            ))
        })
}

/// By a chain that shows who wrote the whole table. Rules of base chains count only behind the first jump to that tool's chains: what
/// stands before it was put there by somebody else.
fn by_mark(scene: &Scene<'_>) -> Option<(&'static Signs, String)> {
    let chains = &scene.table.chains;
    TOOLS.iter().copied().find_map(|signs| {
        let mark = chains
            .iter()
            .find(|chain| any_fits(signs.marks, &chain.name))?;
        let belongs = match (&scene.chain.base, scene.rule_index) {
            (None, _) => true,
            (Some(_), None) => signs.sets_policies,
            (Some(_), Some(rule)) => stands_behind_its_jump(scene, signs, rule),
        };
        belongs.then(|| (signs, format!("the table holds the chain {}", mark.name)))
    })
}

fn stands_behind_its_jump(scene: &Scene<'_>, signs: &Signs, rule: u32) -> bool {
    let before = scene.chain.rules.iter().take(rule as usize);
    before
        .flat_map(|rule| targets_of(scene.table, rule))
        .filter_map(|target| scene.table.chains.get(target as usize))
        .any(|chain| any_fits(signs.chains, &chain.name) || any_fits(signs.marks, &chain.name))
}

/// A chain without a sign of its own, which packets reach only through chains of one tool.
fn by_callers(scene: &Scene<'_>) -> Option<(&'static Signs, String)> {
    if scene.chain.base.is_some() {
        return None;
    }
    let callers = Callers::of(scene.table);
    let mut found: Option<(&'static Signs, &str)> = None;
    let mut seen = std::collections::BTreeSet::new();
    let mut waiting = vec![scene.place.chain];
    while let Some(next) = waiting.pop() {
        for caller in callers.to(next) {
            let name = &*caller.chain.name;
            if let Some(signs) = first(|signs| any_fits(signs.chains, name)) {
                match found {
                    Some((known, _)) if known.tool != signs.tool => return None,
                    _ => found = Some((signs, name)),
                }
            } else if caller.chain.base.is_some()
                || first(|signs| any_fits(signs.left_to_the_person, name)).is_some()
            {
                return None;
            } else if seen.insert(caller.index) {
                waiting.push(caller.index);
            }
        }
    }
    let (signs, name) = found?;
    Some((signs, format!("the chain is called only from {name}")))
}
