//! The way back to the client, and settings of the kernel's network.

use sshdoctor_case::Fact;

use super::Host;

pub(super) const fn look(_host: &Host) -> Vec<Fact> {
    Vec::new()
}
