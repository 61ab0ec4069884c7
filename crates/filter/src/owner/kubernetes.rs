//! What connects the nodes and pods of a cluster.

use super::ToolKind;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};

/// kube-proxy and the kubelet.
pub(super) static KUBERNETES: Signs = Signs {
    tables: &[Name::Is("kube-proxy"), Name::Is("kube-ipvs")],
    chains: &[Name::Begins("KUBE-")],
    sets: &[Name::Begins("KUBE-")],
    setting: kubernetes,
    ..Signs::of(
        "kube-proxy",
        "kube-proxy or the kubelet",
        ToolKind::Containers,
    )
};

/// Rules carry what they are for in a comment: `default/web has no endpoints`.
fn kubernetes(scene: &Scene<'_>) -> Setting {
    let comment = scene.rule.and_then(|rule| rule.comment.as_deref());
    let words = match (&*scene.chain.name, comment) {
        (_, Some(comment)) if comment.ends_with(" has no endpoints") => {
            format!("service {comment}")
        }
        (_, Some(comment)) if !comment.is_empty() => comment.to_owned(),
        ("KUBE-FIREWALL", None) => "KUBE-FIREWALL: marked packets are dropped".to_owned(),
        ("KUBE-NODEPORTS", None) => "a service of type NodePort".to_owned(),
        _ => return Setting::UNKNOWN.kept(ANEW),
    };
    Setting::named(words).kept(ANEW)
}

const ANEW: &str = "made anew whenever it starts, and every few seconds";

/// kube-router's network policies.
pub(super) static KUBE_ROUTER: Signs = Signs {
    chains: &[
        Name::Begins("KUBE-ROUTER-"),
        Name::Begins("KUBE-POD-FW-"),
        Name::Begins("KUBE-NWPLCY-"),
    ],
    setting: |scene| comment_or_policy(scene, "a network policy"),
    ..Signs::of("kube-router", "kube-router", ToolKind::Containers)
};

/// Calico (Felix).
pub(super) static CALICO: Signs = Signs {
    tables: &[Name::Is("calico")],
    chains: &[Name::Begins("cali-")],
    sets: &[Name::Begins("cali40"), Name::Begins("cali60")],
    setting: |scene| {
        let chain = &scene.chain.name;
        let words = if chain.starts_with("cali-fh-") || chain.starts_with("cali-th-") {
            "policies of a host endpoint"
        } else if chain.contains("failsafe") {
            "failsafe ports"
        } else {
            "a network policy, or the default of an endpoint"
        };
        Setting::named(words).kept(ANEW)
    },
    ..Signs::of("calico", "Calico", ToolKind::Containers)
};

/// Cilium.
pub(super) static CILIUM: Signs = Signs {
    chains: &[Name::Begins("CILIUM_"), Name::Begins("OLD_CILIUM_")],
    comments: &[Name::Begins("cilium: "), Name::Begins("cilium-feeder: ")],
    setting: |scene| comment_or_policy(scene, ""),
    ..Signs::of("cilium", "Cilium", ToolKind::Containers)
};

/// Flannel.
pub(super) static FLANNEL: Signs = Signs {
    chains: &[Name::Begins("FLANNEL-")],
    comments: &[Name::Begins("flanneld ")],
    setting: |scene| comment_or_policy(scene, ""),
    ..Signs::of("flannel", "Flannel", ToolKind::Containers)
};

/// Amazon's network plugin.
pub(super) static AWS_VPC: Signs = Signs {
    chains: &[
        Name::Begins("AWS-SNAT-CHAIN-"),
        Name::Begins("AWS-CONNMARK-CHAIN-"),
    ],
    comments: &[Name::Begins("AWS, ")],
    setting: |scene| comment_or_policy(scene, ""),
    ..Signs::of("aws-vpc-cni", "Amazon VPC CNI", ToolKind::Containers)
};

fn comment_or_policy(scene: &Scene<'_>, otherwise: &str) -> Setting {
    let comment = scene
        .rule
        .and_then(|rule| rule.comment.as_deref())
        .unwrap_or(otherwise);
    if comment.is_empty() {
        return Setting::UNKNOWN.kept(ANEW);
    }
    Setting::named(comment).kept(ANEW)
}
