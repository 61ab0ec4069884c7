//! The set of booted scenarios: well-formed, enough of them, and some for each part of a host that can break.
//! `lab booted` sends the program through them.

use std::collections::{BTreeMap, BTreeSet};
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

/// Causes that a server can show and that no booted host can be given here, each with the reason. Recorded cases stand for them.
const NOT_BOOTED: [(&str, &str); 4] = [
    (
        "selinux-port-unlabelled",
        "a kernel with SELinux is needed; it is one for all its namespaces",
    ),
    ("selinux-file-context", "the same"),
    (
        "conntrack-full",
        "nf_conntrack_max is that of the whole machine and read-only in a namespace",
    ),
    (
        "overloaded",
        "/proc/pressure is that of the whole machine, which its own work would stall",
    ),
];

/// Causes that a scenario of a host names, be it that they are found there or only said.
fn named(scenarios: &[BootedScenario]) -> BTreeSet<&str> {
    let named = scenarios.iter().flat_map(|scenario| {
        let expect = &scenario.expect;
        std::iter::once(&expect.cause)
            .chain(&expect.or_causes)
            .chain(&expect.also)
    });
    named.map(String::as_str).collect()
}

#[test]
fn every_cause_that_a_server_shows_is_shown_by_a_booted_host() {
    let scenarios = scenarios();
    let named = named(&scenarios);
    let unshown: Vec<&str> = catalogue::all()
        .filter(|cause| cause.on_server.is_some())
        .map(|cause| cause.id)
        .filter(|id| !named.contains(id) && NOT_BOOTED.iter().all(|(other, _)| other != id))
        .collect();
    assert!(unshown.is_empty(), "without a booted scenario: {unshown:?}");
    for (id, why) in NOT_BOOTED {
        assert!(
            !named.contains(id),
            "{id} has a scenario: not true any more is {why:?}"
        );
        let shows = catalogue::find(id).is_some_and(|cause| cause.on_server.is_some());
        assert!(shows, "{id} is no cause that a server shows");
    }
}

#[test]
fn the_client_gets_in_where_nothing_is_wrong_and_nowhere_else() {
    for scenario in scenarios() {
        let works = scenario.client.says == "works";
        // What is broken between the client's visit and the look at the server was whole when it came.
        let open = scenario.healthy || !scenario.between.is_empty();
        assert!(open || !works, "{} is broken, and works", scenario.name);
        // A router may stop the client of a healthy host, or only serve the host something.
        let must_work = scenario.healthy && scenario.router.is_empty();
        assert!(
            works || !must_work,
            "{} is whole, and does not work",
            scenario.name
        );
    }
}
