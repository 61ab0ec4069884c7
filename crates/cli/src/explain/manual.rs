//! The manual pages of causes.

use sshdoctor_case::{CAUSES_SCHEMA, CausePages};
use sshdoctor_diagnose::catalogue::{self, Cause};

use crate::{
    arguments::OutputArguments,
    output,
    render::{json, terminal::manual},
};

/// Ids this like what was typed are suggested (Jaro-Winkler, from 0 to 1).
const ALIKE: f64 = 0.75;

/// Most ids that are suggested.
const MOST_SUGGESTED: usize = 3;

/// Prints the page of a cause.
pub(super) fn page(cause: &Cause, how: &OutputArguments) -> anyhow::Result<()> {
    let page = catalogue::page(cause);
    if how.json {
        return output::raw(json::document(&page)?.as_bytes());
    }
    let text = manual::page(&page, output::charset(how.look.ascii)).styled();
    output::styled(&text, how.look.color)
}

/// Prints every cause, stage by stage.
pub(super) fn list(how: &OutputArguments) -> anyhow::Result<()> {
    let pages = CausePages {
        schema: CAUSES_SCHEMA.into(),
        causes: catalogue::all().map(catalogue::page).collect(),
    };
    if how.json {
        return output::raw(json::document(&pages)?.as_bytes());
    }
    let text = manual::list(&pages, output::charset(how.look.ascii)).styled();
    output::styled(&text, how.look.color)
}

/// What is said of a word that names no cause.
pub(super) fn unknown(word: &str) -> String {
    let typed = word.to_lowercase().replace([' ', '_'], "-");
    let mut alike: Vec<(f64, &str)> = catalogue::all()
        .map(|cause| (likeness(&typed, cause.id), cause.id))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let nearest: Vec<&str> = alike
        .into_iter()
        .take(MOST_SUGGESTED)
        .map(|(_, id)| id)
        .collect();
    let hint = match nearest.as_slice() {
        [] => "`sshdoctor explain --list` lists the causes".to_owned(),
        ids => format!(
            "nearest: {}; `sshdoctor explain --list` lists all",
            ids.join(", ")
        ),
    };
    format!(
        "no cause and no file is called `{}`; {hint}",
        sshdoctor_case::escape(word)
    )
}

/// How like an id the word is, as a whole or as one or more of its parts.
fn likeness(typed: &str, id: &str) -> f64 {
    let within = id.len() > typed.len() && typed.len() > 2 && id.contains(typed);
    strsim::jaro_winkler(typed, id).max(if within { 0.95 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_ids_are_suggested() {
        for (typed, meant) in [
            ("sshd-stoped", "sshd-stopped"),
            ("fail2ban", "fail2ban-ban"),
            ("Host Key Changed", "host-key-changed"),
            ("no-comon-algorithms", "no-common-algorithm"),
        ] {
            let said = unknown(typed);
            assert!(said.contains(&format!("nearest: {meant}")), "{said}");
        }
        assert!(!unknown("xyzzy").contains("nearest"));
    }
}
