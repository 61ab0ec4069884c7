//! Rules that a provider's image or agent brings along.

use super::ToolKind;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};
use super::words::Action;
use crate::model::{Hook, IcmpError, RejectWith};

/// Images of Oracle Cloud: the chain in front of the provider's own services.
pub(super) static ORACLE: Signs = Signs {
    chains: &[Name::Is("InstanceServices")],
    comments: &[Name::Begins("See the Oracle-Provided Images section")],
    setting: |_| Setting::named("InstanceServices"),
    ..Signs::of("oracle-cloud", "Oracle Cloud image", ToolKind::Cloud)
};

/// The last rule of INPUT on Oracle's images, which is the person's to change.
pub(super) fn is_oracle_refusal(scene: &Scene<'_>) -> bool {
    let words = scene.words();
    let refuses = matches!(
        words.action,
        Action::Reject(RejectWith::Icmp(
            IcmpError::HostProhibited | IcmpError::AdminProhibited6
        ))
    );
    scene.hook == Hook::Input
        && scene.chain.base.is_some()
        && refuses
        && words.is_unconditional()
        && scene.has_chain("InstanceServices")
}

/// Azure's agent guards the address of the platform (168.63.129.16) in the `security` table.
pub(super) static AZURE: Signs = Signs {
    otherwise: |scene| {
        let guards = &*scene.table.name == "security"
            && scene.words().destination_text().as_deref() == Some("168.63.129.16");
        guards.then(|| "168.63.129.16 is the address of Azure's platform".to_owned())
    },
    setting: |_| {
        Setting::named("protection of 168.63.129.16 (OS.EnableFirewall)")
            .kept("OS.EnableFirewall in /etc/waagent.conf")
    },
    ..Signs::of("azure-agent", "Azure Linux agent", ToolKind::Cloud)
};
