//! Sockets, the error queue, traces, routes.
