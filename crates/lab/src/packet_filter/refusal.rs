//! Which rule a tool refused, in its own words, and the rule set without it.

use super::case::{Load, LoadKind};

/// The text without the line that a tool complains of, and that line; none when it names no rule.
pub(crate) fn without_refused(
    load: &Load,
    complaint: &str,
    shift: usize,
) -> Option<(String, String)> {
    let lines: Vec<&str> = load.text.lines().collect();
    let named = match load.kind {
        LoadKind::Nft => nft_line(complaint)?.checked_sub(shift)?,
        _ => restore_line(complaint)?,
    };
    let index = named.checked_sub(1)?;
    let index = if droppable(load.kind, lines.get(index)?) {
        index
    } else {
        if load.kind == LoadKind::Nft {
            return None;
        }
        // The kernel refused the table at its COMMIT; the last rule before it is as good a guess as any.
        (0..index)
            .rev()
            .find(|at| droppable(load.kind, lines[*at]))?
    };
    let rest: Vec<&str> = lines
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != index)
        .map(|(_, line)| *line)
        .collect();
    Some((rest.join("\n") + "\n", lines[index].trim().to_owned()))
}

/// The line is one rule or one element, and the rest stands without it.
fn droppable(kind: LoadKind, line: &str) -> bool {
    let line = line.trim();
    match kind {
        LoadKind::Nft => {
            const PARTS: [&str; 9] = [
                "table ",
                "chain ",
                "set ",
                "map ",
                "type ",
                "flags ",
                "elements ",
                "policy ",
                "}",
            ];
            !line.is_empty()
                && !line.ends_with('{')
                && !PARTS.iter().any(|part| line.starts_with(part))
        }
        LoadKind::Ipset => line.starts_with("add "),
        _ => line.starts_with("-A "),
    }
}

/// The line in `/dev/stdin:8:15-16: Error: …`.
fn nft_line(complaint: &str) -> Option<usize> {
    let place = complaint.split("Error:").next()?;
    let mut numbers = place.rsplit(':').filter(|part| !part.trim().is_empty());
    numbers.next()?;
    numbers.next()?.trim().parse().ok()
}

/// The line in `Error occurred at line: 3`, `line 4: RULE_APPEND failed` or `line 6 failed`.
fn restore_line(complaint: &str) -> Option<usize> {
    complaint.match_indices("line").find_map(|(at, word)| {
        let rest = complaint[at + word.len()..].trim_start_matches([':', ' ']);
        let digits = rest.find(|letter: char| !letter.is_ascii_digit());
        rest[..digits.unwrap_or(rest.len())].parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refused_line_is_found_in_the_words_of_each_tool() {
        assert_eq!(
            nft_line("/dev/stdin:8:15-16: Error: transport protocol mapping is only"),
            Some(8)
        );
        assert_eq!(nft_line("internal:0:0-0: Error: Could not"), Some(0));
        assert_eq!(restore_line("Error occurred at line: 3\nTry"), Some(3));
        assert_eq!(
            restore_line("(nf_tables): \nline 4: RULE_APPEND failed (Invalid argument)"),
            Some(4)
        );
        assert_eq!(restore_line("iptables-restore: line 6 failed"), Some(6));
        assert_eq!(restore_line("segmentation fault"), None);
    }

    #[test]
    fn a_refused_commit_costs_the_rule_before_it() {
        let load = Load {
            kind: LoadKind::IptablesLegacy,
            text: "*filter\n:INPUT DROP [0:0]\n-A INPUT -j A\n-A INPUT -j B\nCOMMIT\n".into(),
        };
        let (rest, lost) = without_refused(&load, "line 5 failed", 0).expect("a rule");
        assert_eq!(lost, "-A INPUT -j B");
        assert_eq!(rest, "*filter\n:INPUT DROP [0:0]\n-A INPUT -j A\nCOMMIT\n");
    }
}
