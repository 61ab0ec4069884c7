//! OpenWrt's firewall, in nftables (fw4) and in iptables (fw3): zones, and rules that keep their name in a comment.

use super::ToolKind;
use super::callers::{Caller, Callers};
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};
use super::words::Words;

pub(super) static SIGNS: Signs = Signs {
    tables: &[Name::Is("fw4")],
    chains: &[Name::Begins("zone_wan_"), Name::Begins("zone_lan_")],
    left_to_the_person: &[
        Name::Is("input_rule"),
        Name::Is("forwarding_rule"),
        Name::Is("output_rule"),
        Name::Is("input_wan_rule"),
        Name::Is("input_lan_rule"),
        Name::Is("user_pre_input"),
        Name::Is("user_post_input"),
    ],
    marks: &[
        Name::Is("zone_wan_input"),
        Name::Is("zone_lan_input"),
        Name::Is("zone_wan_src_ACCEPT"),
        Name::Is("zone_wan_src_REJECT"),
        Name::Is("zone_wan_src_DROP"),
        Name::Is("zone_wan_ACCEPT"),
    ],
    comments: &[Name::Begins("!fw3"), Name::Begins("!fw4")],
    sets_policies: true,
    setting,
    ..Signs::of("openwrt", "OpenWrt firewall", ToolKind::Firewall)
};

fn setting(scene: &Scene<'_>) -> Setting {
    let kept = |setting: Setting| setting.kept("/etc/config/firewall, once committed");
    if let Some(name) = scene.rule.and_then(|rule| name_of(rule.comment.as_deref())) {
        return kept(Setting::named(name));
    }
    if scene.rule.is_none() {
        let direction = scene.chain.name.to_ascii_lowercase();
        return kept(Setting::named(format!("defaults: option {direction}")));
    }
    if let Some(zone) = zone_of(&scene.chain.name) {
        return kept(Setting::named(format!("zone {zone}")));
    }
    // `handle_reject` and `reject` are shared: what called them tells.
    let callers = Callers::of(scene.table);
    let named = only(scene, callers.to(scene.place.chain)).and_then(|caller| {
        name_of(caller.rule.comment.as_deref())
            .or_else(|| zone_of(&caller.chain.name).map(|zone| format!("zone {zone}")))
    });
    kept(named.map_or(Setting::UNKNOWN, Setting::named))
}

fn only<'a>(scene: &Scene<'_>, callers: &'a [Caller<'a>]) -> Option<&'a Caller<'a>> {
    let mut fitting = callers
        .iter()
        .filter(|caller| Words::of(caller.rule, scene.table).may_meet(scene.question));
    let first = fitting.next();
    first.filter(|_| fitting.next().is_none())
}

/// What stands behind the sign in a comment: `!fw4: Allow-SSH`.
fn name_of(comment: Option<&str>) -> Option<String> {
    let comment = comment?;
    let rest = comment
        .strip_prefix("!fw4")
        .or_else(|| comment.strip_prefix("!fw3"))?;
    let name = rest.trim_start_matches(':').trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The zone of a chain: `input_wan`, `reject_from_wan`, `zone_wan_input`, `zone_wan_src_REJECT`.
fn zone_of(chain: &str) -> Option<&str> {
    if let Some(rest) = chain.strip_prefix("zone_") {
        return [
            "_input",
            "_forward",
            "_output",
            "_src_REJECT",
            "_src_DROP",
            "_src_ACCEPT",
        ]
        .iter()
        .find_map(|end| rest.strip_suffix(end))
        .or_else(|| rest.split('_').next());
    }
    [
        "input_",
        "reject_from_",
        "drop_from_",
        "accept_from_",
        "forward_",
        "output_",
    ]
    .iter()
    .find_map(|stem| chain.strip_prefix(stem))
}
