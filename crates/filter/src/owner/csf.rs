//! ConfigServer Security & Firewall and its daemon lfd (`csf(1)`, `/etc/csf/readme.txt`).

use super::ToolKind;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};
use super::values::single;

pub(super) static SIGNS: Signs = Signs {
    chains: &[
        Name::Is("LOCALINPUT"),
        Name::Is("LOCALOUTPUT"),
        Name::Is("LOGDROPIN"),
        Name::Is("LOGDROPOUT"),
        Name::Is("DENYIN"),
        Name::Is("DENYOUT"),
        Name::Is("ALLOWIN"),
        Name::Is("ALLOWOUT"),
        Name::Is("GDENYIN"),
        Name::Is("GALLOWIN"),
        Name::Is("INVDROP"),
        Name::Begins("CC_DENY"),
        Name::Begins("CC_ALLOW"),
    ],
    marks: &[Name::Is("LOCALINPUT"), Name::Is("LOGDROPIN")],
    sets: &[
        Name::Is("chain_DENY"),
        Name::Is("chain_6_DENY"),
        Name::Is("chain_ALLOW"),
        Name::Is("chain_6_ALLOW"),
        Name::Is("chain_GDENY"),
        Name::Begins("bl_"),
    ],
    sets_policies: true,
    setting,
    ..Signs::of("csf", "csf (ConfigServer Firewall)", ToolKind::Firewall)
};

fn setting(scene: &Scene<'_>) -> Setting {
    let chain = &*scene.chain.name;
    let list = scene
        .set_names()
        .into_iter()
        .find_map(|name| name.strip_prefix("bl_").map(str::to_owned));
    if let Some(list) = list {
        return Setting::named(format!("blocklist {list} of /etc/csf/csf.blocklists"));
    }
    if scene.accepts() {
        return accepted(scene);
    }
    let is_denied = scene.set_names().iter().any(|name| name.ends_with("_DENY"));
    if chain == "DENYIN" || is_denied {
        return denied(scene);
    }
    let words = match chain {
        _ if chain.starts_with("CC_DENY") => {
            "CC_DENY in /etc/csf/csf.conf: its country or network is denied"
        }
        "GDENYIN" => "GLOBAL_DENY in /etc/csf/csf.conf: a list from elsewhere",
        "INVDROP" | "INVALID" => "PACKET_FILTER in /etc/csf/csf.conf: the packet is out of order",
        "CONNLIMIT" => "CONNLIMIT in /etc/csf/csf.conf: too many connections at once",
        "PORTFLOOD" => "PORTFLOOD in /etc/csf/csf.conf: too many new connections",
        "SYNFLOOD" => "SYNFLOOD in /etc/csf/csf.conf: too many new connections",
        "LOGDROPIN" | "INPUT" => return without_port(scene, "TCP_IN"),
        "LOGDROPOUT" | "OUTPUT" => return Setting::named("TCP_OUT").kept(CONFIGURATION),
        _ => return Setting::UNKNOWN,
    };
    Setting::named(words).kept(CONFIGURATION)
}

/// A ban: permanent ones and temporary ones look the same in the kernel.
fn denied(scene: &Scene<'_>) -> Setting {
    let Some(banned) = scene.banned() else {
        return Setting::named("csf.deny, or a temporary ban");
    };
    let lift = ["-dr", "-tr"]
        .into_iter()
        .filter_map(|option| command(["csf", option, &banned]));
    Setting::named(format!("{banned} is denied: csf.deny, or a temporary ban"))
        .changed_by(lift)
        .kept("/etc/csf/csf.deny; temporary bans in /var/lib/csf/csf.tempban")
}

const CONFIGURATION: &str = "/etc/csf/csf.conf, read when csf starts";

/// The list of ports that are let in; the chain for all that is left is also where ports are dropped without being logged.
fn without_port(scene: &Scene<'_>, list: &str) -> Setting {
    let port = scene.question.port;
    Setting::named(format!("{list} without {port}"))
        .kept(CONFIGURATION)
        .remarked("what no list lets in ends in this chain")
}

fn accepted(scene: &Scene<'_>) -> Setting {
    match &*scene.chain.name {
        "ALLOWIN" => Setting::named("csf.allow, or a temporary allowance"),
        "INPUT" if scene.words().input_interface_text().as_deref() == Some("lo") => {
            Setting::named("accept on lo")
        }
        "INPUT" => match scene.words().ports.as_ref().and_then(single) {
            Some(port) => Setting::named(format!("TCP_IN {port}")).kept(CONFIGURATION),
            None => Setting::UNKNOWN,
        },
        _ => Setting::UNKNOWN,
    }
}
