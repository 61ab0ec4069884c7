//! Texts of connections that fail, as people have them on the screen or in a log.
//!
//! A [`Provocation`] is data: which tree of programs, what is done there, and what the text that comes of it means. Each one is
//! run in namespaces of its own over a tree that nothing changes ([`Tree`]), whose pid 1 ends with the command: nothing is
//! left. Its text is kept with its meaning, as truth to test a reader of such texts with; run again it must still hold the
//! words that decide, so that a newer program's other words show.

mod attempt;
mod keeping;
mod provocation;
mod tree;
mod wrapping;

pub use attempt::{ProvokedText, provoke};
pub use keeping::{compare_with_kept, write_text};
pub use provocation::{Provocation, load_provocations};
pub use tree::Tree;
