//! Settings of a unit file and its drop-ins (`systemd.syntax(7)`).

use std::path::Path;

use crate::root::Root;

/// How much of one file is read.
const MOST_BYTES: u64 = 256 * 1024;
/// How many settings of one unit are kept.
const MOST_SETTINGS: usize = 4096;

/// All settings of a unit, in order, with an empty value taking back what was set before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    sections: Vec<String>,
    settings: Vec<Setting>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    section: String,
    key: String,
    value: String,
}

impl Settings {
    /// Adds those of a file.
    pub(super) fn read(&mut self, root: &Root, path: &Path) {
        if let Ok(contents) = root.read(path, MOST_BYTES) {
            self.add(&String::from_utf8_lossy(&contents.bytes));
        }
    }

    pub(super) fn add(&mut self, text: &str) {
        let mut section = String::new();
        let mut line = String::new();
        for piece in text.lines() {
            let piece = piece.trim();
            // Comments between continued lines are skipped too.
            if piece.starts_with(['#', ';']) {
                continue;
            }
            if let Some(continued) = piece.strip_suffix('\\') {
                line.push_str(continued);
                line.push(' ');
                continue;
            }
            line.push_str(piece);
            let whole = std::mem::take(&mut line);
            let whole = whole.trim();
            if let Some(name) = whole
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                name.clone_into(&mut section);
                self.sections.push(section.clone());
            } else if let Some((key, value)) = whole.split_once('=') {
                self.set(&section, key.trim(), value.trim());
            }
        }
    }

    fn set(&mut self, section: &str, key: &str, value: &str) {
        if value.is_empty() {
            self.settings
                .retain(|setting| setting.section != section || setting.key != key);
        } else if self.settings.len() < MOST_SETTINGS {
            self.settings.push(Setting {
                section: section.to_owned(),
                key: key.to_owned(),
                value: value.to_owned(),
            });
        }
    }

    pub(super) fn values<'s>(
        &'s self,
        section: &'s str,
        key: &'s str,
    ) -> impl DoubleEndedIterator<Item = &'s str> {
        self.settings
            .iter()
            .filter(move |setting| setting.section == section && setting.key == key)
            .map(|setting| setting.value.as_str())
    }

    /// Settings of which the key begins like this, as `KEY=VALUE`.
    pub(super) fn beginning_with<'s>(
        &'s self,
        section: &'s str,
        begin: &'s str,
    ) -> impl Iterator<Item = String> {
        self.settings
            .iter()
            .filter(move |setting| setting.section == section && setting.key.starts_with(begin))
            .map(|setting| format!("{}={}", setting.key, setting.value))
    }

    pub(super) fn has_section(&self, name: &str) -> bool {
        self.sections.iter().any(|section| section == name)
    }
}
