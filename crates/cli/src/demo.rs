//! `demo`: small hosts, broken on purpose, and what this very program finds there.

use sshdoctor_lab::{demo_scenarios, demonstrate};

use crate::{arguments::DemoArguments, exit, output, render::terminal::demonstration};

/// Runs `demo`.
///
/// # Errors
/// When namespaces or tools are missing, or the result cannot be written.
pub(crate) fn run(arguments: &DemoArguments) -> anyhow::Result<u8> {
    let charset = output::charset(arguments.look.ascii);
    let in_sandbox = std::env::var_os(sshdoctor_lab::SANDBOX_VARIABLE).is_some();
    let total = demo_scenarios()?.len();
    if !in_sandbox {
        let page = demonstration::introduction(total, charset);
        output::styled(&page.styled(), arguments.look.color)?;
    }
    let mut shown = Ok(());
    let mut right = 0;
    let mut number = 0;
    demonstrate(&["demo".into()], |done| {
        number += 1;
        right += usize::from(done.trial.passed());
        let page = demonstration::one(number, &done, charset);
        if shown.is_ok() {
            shown = output::styled(&page.styled(), arguments.look.color);
        }
    })?;
    shown?;
    let page = demonstration::conclusion(right, total, charset);
    output::styled(&page.styled(), arguments.look.color)?;
    Ok(if right == total {
        exit::OPEN
    } else {
        exit::PROBLEM
    })
}
