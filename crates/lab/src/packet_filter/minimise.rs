//! Makes a case smaller while something about it stays true (Zeller and Hildebrandt, "Simplifying and isolating
//! failure-inducing input", 2002).

use super::case::{FilterCase, LoadKind};

/// Most trials for one case.
const TRIALS: usize = 300;

/// The smallest case found for which `holds`; `holds` is true of `case` itself.
pub(crate) fn minimise(
    case: &FilterCase,
    mut holds: impl FnMut(&FilterCase) -> bool,
) -> FilterCase {
    let mut best = case.clone();
    let mut left = TRIALS;
    loop {
        let before = size(&best);
        for cut in [Cut::Loads, Cut::Blocks, Cut::Lines, Cut::Words] {
            shrink(&mut best, cut, &mut left, &mut holds);
        }
        if left == 0 || size(&best) == before {
            return best;
        }
    }
}

fn size(case: &FilterCase) -> usize {
    case.loads.iter().map(|load| load.text.len() + 1).sum()
}

/// What is taken away at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Loads,
    Blocks,
    Lines,
    Words,
}

/// Tries each cut of this kind once, from the end of the case.
fn shrink(
    best: &mut FilterCase,
    cut: Cut,
    left: &mut usize,
    holds: &mut impl FnMut(&FilterCase) -> bool,
) {
    let mut number = 0;
    while *left > 0 {
        let Some(smaller) = without(best, cut, number) else {
            return;
        };
        *left -= 1;
        if holds(&smaller) {
            *best = smaller;
        } else {
            number += 1;
        }
    }
}

/// The case without the part of this number, counted from the end; none when there are not so many.
fn without(case: &FilterCase, cut: Cut, mut number: usize) -> Option<FilterCase> {
    for index in (0..case.loads.len()).rev() {
        let load = &case.loads[index];
        if cut == Cut::Loads {
            if number == 0 {
                let mut smaller = case.clone();
                smaller.loads.remove(index);
                return Some(smaller);
            }
            number -= 1;
            continue;
        }
        let parts = parts(load.kind, &load.text, cut);
        let Some(at) = parts.len().checked_sub(number + 1) else {
            number -= parts.len();
            continue;
        };
        let mut smaller = case.clone();
        let (from, to) = parts[at];
        smaller.loads[index].text.replace_range(from..to, "");
        return Some(smaller);
    }
    None
}

/// Byte ranges of a text that may be taken away.
fn parts(kind: LoadKind, text: &str, cut: Cut) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, start + line.len()));
        start += line.len();
    }
    match cut {
        Cut::Loads => Vec::new(),
        Cut::Blocks => blocks(kind, text, &lines),
        Cut::Lines => lines
            .into_iter()
            .filter(|(from, to)| is_whole(text[*from..*to].trim()))
            .collect(),
        Cut::Words => lines
            .into_iter()
            .filter(|(from, to)| is_whole(text[*from..*to].trim()))
            .flat_map(|(from, to)| runs_of_words(text, from, to))
            .collect(),
    }
}

/// A line that neither opens nor closes a block.
fn is_whole(line: &str) -> bool {
    !line.is_empty()
        && !line.ends_with('{')
        && line != "}"
        && !line.starts_with('*')
        && line != "COMMIT"
}

fn blocks(kind: LoadKind, text: &str, lines: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let nft = kind == LoadKind::Nft;
    let opens = |line: &str| {
        if nft {
            line.ends_with('{')
        } else {
            line.starts_with('*')
        }
    };
    let closes = |line: &str| line == if nft { "}" } else { "COMMIT" };
    let mut open = Vec::new();
    let mut found = Vec::new();
    for (from, to) in lines {
        let line = text[*from..*to].trim();
        if opens(line) {
            open.push(*from);
        } else if closes(line)
            && let Some(start) = open.pop()
        {
            found.push((start, *to));
        }
    }
    found
}

/// Runs of one to six words of a line.
fn runs_of_words(text: &str, from: usize, to: usize) -> Vec<(usize, usize)> {
    let line = &text[from..to];
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in line.char_indices() {
        match (letter.is_whitespace(), start) {
            (true, Some(begun)) => {
                words.push((from + begun, from + at + letter.len_utf8()));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    // The end of the line stays.
    if let Some(last) = words.last_mut() {
        last.1 -= 1;
    }
    let mut runs = Vec::new();
    for length in 1..=6 {
        for group in words.windows(length) {
            if length < words.len() {
                runs.push((group[0].0, group[length - 1].1));
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::packet_filter::case::{FilterPacket, Load};

    #[test]
    fn only_what_matters_is_left() {
        let text = "table inet a {\n  chain b {\n    type filter hook input priority 0; policy accept;\n    \
                    tcp dport 22 ip saddr 198.51.100.7 drop\n    accept\n  }\n}\ntable ip c {\n}\n";
        let any = IpAddr::from([198, 51, 100, 1]);
        let case = FilterCase {
            seed: 1,
            decidable: true,
            packet: FilterPacket {
                from: any,
                from_port: 1,
                to: any,
                port: 22,
                loopback: false,
            },
            loads: vec![
                Load {
                    kind: LoadKind::IptablesNft,
                    text: "*filter\n:INPUT DROP [0:0]\nCOMMIT\n".into(),
                },
                Load {
                    kind: LoadKind::Nft,
                    text: text.into(),
                },
            ],
        };
        let holds = |case: &FilterCase| {
            case.loads
                .iter()
                .any(|load| load.text.contains("tcp dport 22") && load.text.contains("type filter"))
        };
        let smallest = minimise(&case, holds);
        assert_eq!(smallest.loads.len(), 1);
        let left = &smallest.loads[0].text;
        assert!(holds(&smallest), "{left}");
        for gone in ["saddr", "drop", "table ip c", "    accept"] {
            assert!(!left.contains(gone), "{left}");
        }
    }
}
