//! The report for a person at a terminal.
//!
//! The short form fits 24 lines of 80 columns whatever the report holds. The long form holds everything.
//! Both say in words what colour only repeats.

pub(crate) mod both;
mod causes;
mod charset;
pub(crate) mod demonstration;
mod evidence;
mod full;
pub(crate) mod manual;
mod next;
pub(crate) mod packet;
mod page;
mod path;
mod quotation;
pub(crate) mod server;
mod short;
mod wording;
mod wrap;

pub(crate) use charset::Charset;
pub(crate) use full::full;
pub(crate) use page::Page;
pub(crate) use short::short;

/// Columns that are used at most.
pub(crate) const COLUMNS: usize = 80;

/// Lines of the short form, at most.
pub(crate) const LINES: usize = 24;

#[cfg(test)]
mod tests;
