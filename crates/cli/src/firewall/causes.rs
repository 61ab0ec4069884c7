//! The cause from the catalogue that fits what the packet filter does.

use sshdoctor_case::{Candidate, PacketAnswer, PacketVerdict};
use sshdoctor_diagnose::catalogue::{self, Known};
use sshdoctor_diagnose::inside::packet_filter;

/// What stands for the client's address where it was not given.
const UNKNOWN_FROM: &str = "CLIENT-ADDRESS";

/// The cause of one answer; none when the packet is let in, or nothing is known to deny it.
pub(crate) fn candidates(
    answer: &PacketAnswer,
    from: Option<&str>,
    port: u16,
    evidence: &[String],
    legacy: &[String],
) -> Vec<Candidate> {
    let is_legacy = |source: &str| legacy.iter().any(|known| known == source);
    let Some(cause) = packet_filter::cause(answer, is_legacy).and_then(catalogue::find) else {
        return Vec::new();
    };
    // What may be decided otherwise is as likely as anything else that is possible.
    let probability = match answer.verdict {
        PacketVerdict::Unknown => 0.5,
        _ => 1.0,
    };
    let known = Known {
        unit: "ssh",
        port,
        from: from.unwrap_or(UNKNOWN_FROM),
        user: "root",
        host: "",
    };
    let mut candidate = known.candidate(cause, probability);
    candidate.because = answer
        .endings
        .iter()
        .find(|ending| ending.verdict != PacketVerdict::Accept)
        .map(|ending| format!("{} decides", ending.decided_by))
        .unwrap_or_default();
    candidate.evidence = evidence.to_vec();
    vec![candidate]
}
