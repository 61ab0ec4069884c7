//! The rule sets of real tools, and what was recorded of them for the packet filter's tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sshdoctor_lab::Situation;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Stems of the data files, or names of the recordings.
fn names(place: &str, wanted: impl Fn(&Path) -> bool) -> BTreeSet<String> {
    std::fs::read_dir(folder(place))
        .expect("a folder")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| wanted(path))
        .map(|path| {
            let stem = path.file_stem().expect("a name");
            stem.to_string_lossy().into_owned()
        })
        .collect()
}

fn situations() -> BTreeSet<String> {
    names("tool_rules", |path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    })
}

fn toml_of(path: &Path) -> toml::Table {
    let text = std::fs::read_to_string(path).expect("a readable file");
    text.parse().expect("valid TOML")
}

fn packets(table: &toml::Table) -> Vec<(String, String, i64)> {
    let packets = table["packet"].as_array().expect("packets");
    packets
        .iter()
        .map(|packet| {
            let text = |key: &str| packet[key].as_str().expect("text").to_owned();
            let port = packet
                .get("port")
                .map_or(22, |port| port.as_integer().expect("a port"));
            (text("from"), text("outcome"), port)
        })
        .collect()
}

#[test]
fn every_situation_is_well_formed() {
    let all = situations();
    assert!(all.len() >= 35, "only {} situations", all.len());
    for name in all {
        let situation = Situation::load(&folder("tool_rules").join(format!("{name}.toml")))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(situation.name, name);
        assert!(!situation.title.is_empty(), "{name}");
    }
}

#[test]
fn every_situation_is_recorded_as_its_data_file_says() {
    let recorded = "../filter/tests/rule_sets";
    assert_eq!(situations(), names(recorded, Path::is_dir));
    for name in situations() {
        let data = toml_of(&folder("tool_rules").join(format!("{name}.toml")));
        let seen = toml_of(&folder(recorded).join(&name).join("expected.toml"));
        assert_eq!(packets(&data), packets(&seen), "{name}: record it again");
    }
}

#[test]
fn a_recording_holds_every_rule_that_it_says_decided() {
    for name in situations() {
        let place = folder("../filter/tests/rule_sets").join(&name);
        let seen = toml_of(&place.join("expected.toml"));
        for packet in seen["packet"].as_array().expect("packets") {
            let Some(rule) = packet.get("rule").and_then(toml::Value::as_str) else {
                continue;
            };
            if rule.starts_with("policy ") {
                continue;
            }
            let file = match packet["source"].as_str().expect("a source") {
                "nft" => "nft.txt".to_owned(),
                other => format!("{other}-save"),
            };
            let dump = std::fs::read_to_string(place.join(&file)).expect("the dump it names");
            assert!(dump.contains(rule), "{name}: {file} has no {rule}");
        }
    }
}
