//! The set of booted scenarios: well-formed, enough of them, and some for each part of a host that can break.
//! `lab booted` sends the program through them.

use std::collections::BTreeMap;
use std::path::Path;

use sshdoctor_diagnose::catalogue;
use sshdoctor_lab::{BootedScenario, Release};

/// Families whose causes are on the host itself.
const FAMILIES: [&str; 15] = [
    "auth", "ban", "bind", "boot", "config", "crypto", "healthy", "hostfw", "hostkeys", "identity",
    "mac", "network", "port", "resource", "service",
];

fn scenarios() -> Vec<BootedScenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("booted-scenarios");
    let entries = std::fs::read_dir(folder).expect("there are booted scenarios");
    entries
        .map(|entry| entry.expect("a readable folder").path())
        .map(|path| BootedScenario::load(&path).unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

#[test]
fn every_part_of_a_host_is_broken_in_some_and_enough_are_healthy() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let all = scenarios();
    for scenario in &all {
        *counts.entry(scenario.family.clone()).or_default() += 1;
    }
    for family in FAMILIES {
        assert!(counts.contains_key(family), "no scenario for {family}");
    }
    assert!(counts["healthy"] >= 8, "{counts:?}");
    assert!(all.len() - counts["healthy"] >= 90, "{counts:?}");
    for release in [Release::Bookworm, Release::Trixie] {
        assert!(
            all.iter().any(|one| one.healthy && one.release == release),
            "no healthy {}",
            release.codename()
        );
    }
}

#[test]
fn every_cause_that_is_expected_is_in_the_catalogue() {
    for scenario in scenarios() {
        let expect = &scenario.expect;
        let named = std::iter::once(&expect.cause)
            .chain(&expect.or_causes)
            .chain(&expect.also)
            .filter(|id| !id.is_empty());
        for id in named {
            assert!(catalogue::find(id).is_some(), "{}: {id}", scenario.name);
        }
    }
}

#[test]
fn the_client_gets_in_where_nothing_is_wrong_and_nowhere_else() {
    for scenario in scenarios() {
        let works = scenario.client.says == "works";
        let open = scenario.healthy && scenario.router.is_empty();
        assert_eq!(open, works, "{}", scenario.name);
    }
}
