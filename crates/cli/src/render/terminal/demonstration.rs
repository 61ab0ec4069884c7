//! What was broken beside what was found.

use sshdoctor_lab::Demonstration;

use super::{
    Charset, Page,
    page::{Line, Tone},
    wording,
};

/// Lines that one text may take.
const MOST: usize = 4;

/// What is about to happen.
pub(crate) fn introduction(total: usize, charset: Charset) -> Page {
    let mut page = Page::default();
    let text = format!(
        "Building {} in private namespaces, each broken in its own way: with a real sshd, real packet filters and a link \
         of 40 ms. ssh is asked first, then this very program.",
        wording::count(total, "small host", "small hosts")
    );
    page.hanging("", &text, MOST, charset);
    page
}

/// One host.
pub(crate) fn one(number: usize, done: &Demonstration, charset: Charset) -> Page {
    let Demonstration { scenario, trial } = done;
    let mut page = Page::default();
    page.push(Line::default());
    page.push(Line::of(
        Tone::Strong,
        charset.show(&format!("{number}  {}", scenario.title)),
    ));
    let story = scenario
        .story
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    page.hanging("   broken: ", &story, MOST, charset);
    let ssh = trial.ssh_said.lines().last().unwrap_or_default();
    page.hanging("   ssh:    ", ssh, 2, charset);
    if let Some(reason) = &trial.skipped {
        page.hanging("   skipped: ", reason, MOST, charset);
        return page;
    }
    let found = format!(
        "{} (after {})",
        trial.verdict.headline,
        wording::milliseconds(trial.ran_ms)
    );
    page.hanging("   found:  ", &found, MOST, charset);
    for cause in trial.verdict.causes.iter().take(3) {
        let label = format!("         {:>4}  ", wording::percent(cause.probability));
        page.hanging(&label, &cause.summary, 1, charset);
    }
    for problem in &trial.verdict.problems {
        page.hanging("   wrong:  ", problem, MOST, charset);
    }
    page
}

/// How well it went.
pub(crate) fn conclusion(right: usize, total: usize, charset: Charset) -> Page {
    let mut page = Page::default();
    page.push(Line::default());
    let text = format!(
        "{right} of {total} were found. What cannot be told apart from outside stays together in the answer, ranked. \
         The hosts are gone again."
    );
    page.hanging("", &text, MOST, charset);
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use sshdoctor_lab::{Candidate, Trial, Verdict, demo_scenarios};

    #[test]
    fn what_was_broken_stands_beside_what_was_found() {
        let scenario = demo_scenarios().unwrap().remove(0);
        let trial = Trial {
            name: scenario.name.clone(),
            ssh_said: "ssh: connect to host server port 22: Connection refused\n".into(),
            ran_ms: 97,
            verdict: Verdict {
                headline: "server refuses SSH on port 22.".into(),
                causes: vec![Candidate {
                    id: "sshd-stopped".into(),
                    probability: 0.4,
                    summary: "sshd is not running".into(),
                }],
                problems: vec!["exit status Some(0), not 1".into()],
                ..Verdict::default()
            },
            ..Trial::default()
        };
        let done = Demonstration { scenario, trial };
        let page = one(1, &done, Charset::Ascii).plain();
        insta::assert_snapshot!(page);
        assert!(page.lines().all(|line| line.len() <= super::super::COLUMNS));
    }

    #[test]
    fn a_host_that_could_not_be_built_says_why() {
        let scenario = demo_scenarios().unwrap().remove(0);
        let trial = Trial {
            skipped: Some("it needs root".into()),
            ..Trial::default()
        };
        let page = one(2, &Demonstration { scenario, trial }, Charset::Ascii).plain();
        assert!(page.contains("skipped: it needs root"), "{page}");
        assert!(!page.contains("found:"), "{page}");
    }
}
