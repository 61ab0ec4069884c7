//! Renderers: siblings that only read a report.

pub(crate) mod json;
pub(crate) mod terminal;
