//! Everything that was seen, for the long form.

use sshdoctor_case::{Evidence, Report};

use super::{
    Charset,
    page::{Line, Page, Tone},
    wording,
};

/// All evidence, in the order of arrival.
pub(super) fn list(page: &mut Page, report: &Report, charset: Charset) {
    page.block(vec![Line::of(
        Tone::Strong,
        "Evidence: when it was asked, how long it took, what was seen",
    )]);
    for seen in &report.evidence {
        let label = format!(
            "  {:<4}{:>8}{:>9}  ",
            charset.show(&seen.id),
            wording::duration(seen.at_ms),
            wording::duration(seen.elapsed_ms),
        );
        let from = match seen.vantage.0.as_str() {
            "client" => String::new(),
            other => format!("from {other}: "),
        };
        let text = format!("{}: {from}{}", kind(seen), seen.summary);
        page.hanging(&label, &text, usize::MAX, charset);
    }
}

/// The stable name of the kind, as in JSON.
fn kind(seen: &Evidence) -> String {
    serde_json::to_value(&seen.fact)
        .ok()
        .and_then(|fact| Some(fact.get("kind")?.as_str()?.to_owned()))
        .unwrap_or_default()
}
