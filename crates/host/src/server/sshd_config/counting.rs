//! Which lines count in the end: of those that are in force, the ones that set something.

use std::collections::HashMap;

use super::criteria::both;
use super::keywords::{self, Repeats};
use super::placing::Placed;

/// One setting of one line, in one of sshd's two readings.
struct Claim {
    line: usize,
    parts: Vec<String>,
    /// It is in force in this reading.
    in_force: Option<bool>,
}

/// For each line whether it counts; absent where that cannot be told.
pub(super) fn count(placed: &[Placed<'_>], version: Option<(u32, u32)>) -> Vec<Option<bool>> {
    let mut by_keyword: HashMap<&'static str, Vec<usize>> = HashMap::new();
    let mut counts = vec![Some(false); placed.len()];
    for (at, one) in placed.iter().enumerate() {
        match one.keyword {
            Some(keyword) if one.problem.is_some() || keyword.ignored => {}
            Some(keyword) if matches!(keyword.name, "match" | "include") => {
                // The line itself sets nothing; it is in force where what it leads to can be.
                counts[at] = either(Some(one.at_start), one.in_match);
            }
            Some(keyword) => by_keyword.entry(keyword.name).or_default().push(at),
            None => {}
        }
    }
    for (name, lines) in by_keyword {
        let ports_given = name == "port" && lines.iter().any(|line| is_port_option(&placed[*line]));
        let claims = |in_force: &dyn Fn(&Placed<'_>) -> Option<bool>| -> Vec<Claim> {
            let claim = |line: &usize| Claim {
                line: *line,
                parts: keywords::parts(name, &words(&placed[*line])),
                in_force: if ports_given && !is_port_option(&placed[*line]) {
                    Some(false)
                } else {
                    in_force(&placed[*line])
                },
            };
            lines.iter().map(claim).collect()
        };
        let at_start = claims(&|one| Some(one.at_start));
        let in_match = claims(&|one| match one.keyword {
            Some(keyword) if keyword.in_match => one.in_match,
            _ => Some(false),
        });
        let set_at_start = winners(name, &at_start, version);
        let set_in_match = winners(name, &in_match, version);
        // What a Match block sets takes the place of what was set at the start.
        let replaced = set_in_match
            .iter()
            .map(|(_, sets)| *sets)
            .fold(Some(false), either);
        for (line, sets) in set_at_start {
            counts[line] = both(sets, not(replaced));
        }
        for (line, sets) in set_in_match {
            counts[line] = either(counts[line], sets);
        }
    }
    counts
}

/// `-p`, beside which sshd passes over the ports of its files.
fn is_port_option(placed: &Placed<'_>) -> bool {
    placed.line.file.is_none() && placed.line.text.as_str().starts_with("-p")
}

fn words(placed: &Placed<'_>) -> Vec<String> {
    let words = placed.line.setting.arguments.iter();
    words
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

/// Which claims set something, each with its line.
fn winners(
    name: &str,
    claims: &[Claim],
    version: Option<(u32, u32)>,
) -> Vec<(usize, Option<bool>)> {
    let first = || first_of(claims.iter());
    let last = || first_of(claims.iter().rev());
    match keywords::repeats(name) {
        Repeats::Add => claims
            .iter()
            .map(|claim| (claim.line, claim.in_force))
            .collect(),
        Repeats::First => first(),
        Repeats::Last => last(),
        Repeats::LastBefore(changed) => match version {
            Some(version) if version < changed => last(),
            Some(_) => first(),
            None if claims.len() < 2 => first(),
            None => claims
                .iter()
                .map(|claim| (claim.line, both(claim.in_force, None)))
                .collect(),
        },
        Repeats::FirstOfEachPart => first_of_each_part(claims),
    }
}

fn first_of<'a>(claims: impl Iterator<Item = &'a Claim>) -> Vec<(usize, Option<bool>)> {
    let mut taken = Some(false);
    let mut won = Vec::new();
    for claim in claims {
        won.push((claim.line, both(claim.in_force, not(taken))));
        taken = either(taken, claim.in_force);
    }
    won
}

fn first_of_each_part(claims: &[Claim]) -> Vec<(usize, Option<bool>)> {
    let mut taken: HashMap<&str, Option<bool>> = HashMap::new();
    let mut won = Vec::new();
    for claim in claims {
        let mut sets = Some(false);
        for part in &claim.parts {
            let before = taken.entry(part).or_insert(Some(false));
            sets = either(sets, not(*before));
            *before = either(*before, claim.in_force);
        }
        won.push((claim.line, both(sets, claim.in_force)));
    }
    won
}

const fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    not(both(not(one), not(other)))
}

const fn not(answer: Option<bool>) -> Option<bool> {
    match answer {
        Some(answer) => Some(!answer),
        None => None,
    }
}
