//! What every entry of the catalogue promises.

use std::collections::BTreeSet;

use sshdoctor_diagnose::catalogue::{self, PriorSource};

#[test]
fn ids_are_unique_and_titles_fit_beside_a_percentage() {
    let mut ids = BTreeSet::new();
    for cause in catalogue::all() {
        assert!(ids.insert(cause.id), "{} stands twice", cause.id);
        let length = cause.title.chars().count();
        assert!(length <= 36, "{}: {length} characters", cause.id);
        assert!(std::ptr::eq(catalogue::find(cause.id).unwrap(), cause));
    }
    assert!(ids.len() >= 130, "{}", ids.len());
}

#[test]
fn every_cause_says_how_to_confirm_what_to_do_and_what_to_leave() {
    for cause in catalogue::all() {
        for (what, text) in [
            ("what", cause.what),
            ("looks", cause.looks),
            ("remedy", cause.remedy.summary),
            ("avoid", cause.avoid),
        ] {
            assert!(!text.is_empty(), "{}: {what} is empty", cause.id);
            assert!(!text.contains('!'), "{}: {what} shouts", cause.id);
        }
        assert!(!cause.confirm.usual.is_empty(), "{}", cause.id);
        assert!(!cause.worlds.is_empty(), "{} is never seen", cause.id);
    }
}

#[test]
fn commands_use_only_the_placeholders_that_are_filled_in() {
    let known = ["{unit}", "{port}", "{from}", "{user}", "{host}"];
    for cause in catalogue::all() {
        let commands = [&cause.confirm, &cause.remedy.commands];
        for command in commands
            .iter()
            .flat_map(|c| c.usual.iter().chain(c.without_systemd))
        {
            let mut rest = (*command).to_owned();
            for placeholder in known {
                rest = rest.replace(placeholder, "");
            }
            let left_over = rest.split('{').skip(1).any(|after| {
                after.split_once('}').is_some_and(|(name, _)| {
                    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase())
                })
            });
            assert!(!left_over, "{}: {command}", cause.id);
        }
    }
}

#[test]
fn the_commonest_reasons_keep_the_order_of_the_checklists() {
    let seeded = [
        "sshd-stopped",
        "port-changed",
        "host-firewall-rejects",
        "dns-wrong-address",
        "bound-to-loopback",
    ];
    let weights: Vec<f64> = seeded
        .iter()
        .map(|id| {
            let prior = catalogue::find(id).unwrap().prior;
            assert_eq!(prior.source, PriorSource::SeedOrder, "{id}");
            prior.weight
        })
        .collect();
    assert!(weights.is_sorted_by(|one, next| one > next), "{weights:?}");
    let total: f64 = catalogue::all().map(|cause| cause.prior.weight).sum();
    assert!((900.0..1200.0).contains(&total), "{total}");
}

/// The table is generated: `UPDATE_PRIORS=1 cargo test -p sshdoctor-diagnose --test catalogue`.
#[test]
fn the_table_of_priors_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/priors.md");
    let table = catalogue::prior_table();
    if std::env::var_os("UPDATE_PRIORS").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(stored, table, "docs/priors.md is stale: see this test");
}
