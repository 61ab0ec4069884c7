//! The observers against real kernels: hosts and routers in network namespaces, broken on purpose.

mod answering;
mod connecting;
mod echoing;
mod listeners;
mod namespace;
mod ordinary_user;
mod routing;
mod topology;
mod tracing;
