//! What proves each cause on the server, family by family as in the catalogue.

pub(crate) mod bind;
pub(crate) mod config;
pub(crate) mod port;
pub(crate) mod quote;
pub(crate) mod service;
