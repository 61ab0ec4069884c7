//! The observers against real kernels: hosts and routers in network namespaces, broken on purpose.

mod answering;
mod connecting;
mod namespace;
mod topology;
mod tracing;
