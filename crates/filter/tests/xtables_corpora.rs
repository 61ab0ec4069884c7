//! Every dump of a directory is read without losing a rule. The directory is that of `SSHDOCTOR_CORPORA`: dumps of real servers that are
//! no part of the project.

#![expect(clippy::print_stderr, reason = "says what was not understood")]

use std::path::Path;

use sshdoctor_filter::content::{Content, kind_of};
use sshdoctor_filter::model::{Condition, RuleSet, SourceKind, Statement};
use sshdoctor_filter::{Interest, xtables};

fn rule_lines(text: &str) -> u64 {
    text.lines()
        .filter(|line| {
            let counted = line
                .strip_prefix('[')
                .and_then(|line| line.split_once("] "));
            let line = counted.map_or(*line, |(_, rest)| rest);
            line.starts_with("-A ") || line.starts_with("-I ")
        })
        .count() as u64
}

fn reasons(statements: &[Statement]) -> Vec<String> {
    statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::NotUnderstood { reason }
            | Statement::Condition(Condition::Undecidable { reason }) => Some(reason.to_string()),
            Statement::Verdict(sshdoctor_filter::model::Verdict::Lost) => {
                Some("jumps to a chain that is not there".to_owned())
            }
            _ => None,
        })
        .collect()
}

fn check(path: &Path) {
    let bytes = std::fs::read(path).expect("readable");
    let text = String::from_utf8_lossy(&bytes);
    let Some(Content::Readable(kind)) = kind_of(&bytes) else {
        panic!("{}: not recognised", path.display());
    };
    assert_ne!(kind, SourceKind::Ipset, "{}", path.display());
    let mut rule_set = RuleSet::default();
    let name = path.display().to_string();
    xtables::read(
        &name,
        kind,
        &bytes[..],
        &Interest::everything(),
        &mut rule_set,
    )
    .expect("a dump of iptables");
    let read: u64 = rule_set.sources.iter().map(|source| source.rules).sum();
    let kept: usize = rule_set
        .tables
        .iter()
        .flat_map(|table| &table.chains)
        .map(|chain| chain.rules.len())
        .sum();
    assert_eq!(read, rule_lines(&text), "{name}");
    assert_eq!(read, kept as u64, "{name}");
    for rule in rule_set
        .tables
        .iter()
        .flat_map(|table| &table.chains)
        .flat_map(|chain| &chain.rules)
    {
        for reason in reasons(&rule.statements) {
            eprintln!("{name}: {}: {reason}", rule.text);
        }
    }
    let lost: u64 = rule_set
        .sources
        .iter()
        .map(|source| source.not_understood)
        .sum();
    eprintln!("{name}: {read} rules, {lost} not understood");
    for problem in &rule_set.problems {
        eprintln!("{}", problem.message);
    }
}

#[test]
fn no_rule_of_a_real_dump_is_lost() {
    let Some(directory) = std::env::var_os("SSHDOCTOR_CORPORA") else {
        eprintln!("skipped: SSHDOCTOR_CORPORA names no directory of dumps");
        return;
    };
    let mut files = 0;
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if name.starts_with("LICENSE") || name == "ORIGIN" {
            continue;
        }
        check(&path);
        files += 1;
    }
    assert!(files > 0, "no dumps there");
}
