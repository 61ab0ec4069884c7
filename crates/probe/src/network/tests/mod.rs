//! The observers against real kernels: hosts and routers in network namespaces, broken on purpose.

mod connecting;
mod namespace;
mod topology;
