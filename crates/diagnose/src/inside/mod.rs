//! From what a server shows to what stops one client there.

pub(crate) mod fact_line;
