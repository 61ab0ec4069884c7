//! What proves each cause on the server, family by family as in the catalogue.

pub(crate) mod access;
pub(crate) mod ban;
pub(crate) mod bind;
pub(crate) mod boot;
pub(crate) mod config;
pub(crate) mod crypto_policy;
pub(crate) mod forwarding;
pub(crate) mod host_keys;
pub(crate) mod instance;
pub(crate) mod limit;
pub(crate) mod logged;
pub(crate) mod login;
pub(crate) mod mandatory_access;
pub(crate) mod network;
pub(crate) mod packet_filter;
pub(crate) mod port;
pub(crate) mod quote;
pub(crate) mod rate;
pub(crate) mod resource;
pub(crate) mod sentence;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod socket;
