//! Which units a boot starts: the links in `*.wants` and `*.requires`, and aliases (`systemctl(1)`, `is-enabled`).

use std::path::Path;

use super::MOST_NAMES;
use crate::root::Root;

/// Where links are, those of the administrator first.
const DIRECTORIES: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/generator",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// A link that makes one unit start another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    wanter: String,
    unit: String,
    by_administrator: bool,
}

/// All such links of a system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct Enablement {
    wishes: Vec<Wish>,
    /// Other name, and the unit it stands for.
    aliases: Vec<(String, String)>,
}

impl Enablement {
    /// Reads them.
    pub(in crate::server) fn read(root: &Root) -> Self {
        let mut found = Self::default();
        for directory in DIRECTORIES {
            let by_administrator = directory == "/etc/systemd/system";
            for name in root.names_in(directory, MOST_NAMES).unwrap_or_default() {
                let name = String::from_utf8_lossy(&name).into_owned();
                let wanter = name
                    .strip_suffix(".wants")
                    .or_else(|| name.strip_suffix(".requires"));
                match wanter {
                    Some(wanter) => {
                        found.add_wishes(root, directory, &name, wanter, by_administrator)
                    }
                    None if by_administrator => found.add_alias(root, directory, &name),
                    None => {}
                }
            }
        }
        found
    }

    fn add_wishes(
        &mut self,
        root: &Root,
        directory: &str,
        folder: &str,
        wanter: &str,
        by_administrator: bool,
    ) {
        let path = Path::new(directory).join(folder);
        for unit in root.names_in(path, MOST_NAMES).unwrap_or_default() {
            let unit = String::from_utf8_lossy(&unit).into_owned();
            let known = self
                .wishes
                .iter()
                .any(|wish| wish.unit == unit && wish.wanter == wanter);
            if !known && self.wishes.len() < MOST_NAMES {
                self.wishes.push(Wish {
                    wanter: wanter.to_owned(),
                    unit,
                    by_administrator,
                });
            }
        }
    }

    fn add_alias(&mut self, root: &Root, directory: &str, name: &str) {
        let Ok(target) = root.read_link(Path::new(directory).join(name)) else {
            return;
        };
        if let Some(unit) = target.file_name().and_then(|unit| unit.to_str())
            && unit != name
            && target != Path::new("/dev/null")
            && self.aliases.len() < MOST_NAMES
        {
            self.aliases.push((name.to_owned(), unit.to_owned()));
        }
    }

    /// Other names of a unit.
    pub(in crate::server) fn aliases<'e>(&'e self, unit: &'e str) -> impl Iterator<Item = &'e str> {
        self.aliases
            .iter()
            .filter(move |(_, own)| own == unit)
            .map(|(alias, _)| alias.as_str())
    }

    /// What starts a unit, by its own name or another.
    pub(in crate::server) fn wanters<'e>(&'e self, unit: &'e str) -> impl Iterator<Item = &'e str> {
        self.wishes
            .iter()
            .filter(move |wish| {
                wish.unit == unit || self.aliases(unit).any(|alias| alias == wish.unit)
            })
            .map(|wish| wish.wanter.as_str())
    }

    /// A boot that reaches its target starts it.
    pub(in crate::server) fn is_enabled(&self, unit: &str) -> bool {
        self.wanters(unit).next().is_some()
    }

    /// `enabled`, `disabled` or `static`, as `systemctl is-enabled` says it.
    pub(super) fn state(&self, unit: &str, can_be_enabled: bool) -> &'static str {
        let linked = self
            .wishes
            .iter()
            .any(|wish| wish.by_administrator && wish.unit == unit);
        if linked || self.aliases(unit).next().is_some() {
            "enabled"
        } else if can_be_enabled {
            "disabled"
        } else {
            "static"
        }
    }
}
