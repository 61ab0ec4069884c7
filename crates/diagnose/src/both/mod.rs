//! From what both ends of a connection saw to one report.
//!
//! The client knows how far it came; the server knows what it would do. Where the two agree, the server's proof is the answer. Where
//! they do not, that is an answer too: what the client meets lies before the server, or is another machine.

mod agreement;
mod machine;
mod report;
mod words;

use sshdoctor_case::{Case, Report};

/// The report on a case joined from both ends; nothing for one that holds a single end.
pub(crate) fn report(case: &Case) -> Option<Report> {
    let client = case.client_end()?;
    let server = case.server_end()?;
    report::report(&client, &server)
}
