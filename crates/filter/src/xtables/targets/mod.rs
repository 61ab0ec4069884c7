//! The targets of iptables (`iptables-extensions(8)`, "TARGET EXTENSIONS").

mod marks;
mod outside;
mod rejections;
mod remarks;
mod sets;
mod translations;

use super::options::Module;

/// The target of this name.
pub(super) fn find(name: &str) -> Option<&'static Module> {
    FAMILIES
        .iter()
        .flat_map(|modules| modules.iter())
        .find(|module| module.name == name)
}

/// Commonest first.
const FAMILIES: [&[Module]; 6] = [
    rejections::MODULES,
    remarks::MODULES,
    translations::MODULES,
    marks::MODULES,
    outside::MODULES,
    sets::MODULES,
];
