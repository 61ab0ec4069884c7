//! Matches that depend on what is not in a rule set: the packet's content, the clock, a programme, a database.

use super::super::conditions::{all, any_bit, undecidable as unknown};
use super::super::options::{Module, holds, undecidable};
use crate::model::{Field, tcp_flag};

/// Each of them holds or not, as far as can be told here.
pub(super) const MODULES: &[Module] = &[
    Module::loose("string", |_, _| {
        undecidable("depends on what the packet contains")
    }),
    Module::loose("u32", |_, _| {
        undecidable("depends on what the packet contains")
    }),
    Module::loose("bpf", |_, _| {
        undecidable("depends on what a BPF programme says")
    }),
    Module::loose("time", |_, _| undecidable("depends on the time of day")),
    // `xt_osf.c` looks at packets with SYN only.
    Module::loose("osf", |_, _| {
        holds(all([
            any_bit(Field::TcpFlags, tcp_flag::SYN, 8, false),
            unknown("depends on the system that sent the packet"),
        ]))
    }),
    Module::loose("cluster", |_, _| {
        undecidable("depends on which node of a cluster this is")
    }),
    Module::loose("ipvs", |_, _| {
        undecidable("depends on the load balancer IPVS")
    }),
    Module::loose("rateest", |_, _| {
        undecidable("depends on how much traffic came before")
    }),
    Module::loose("nfacct", |_, _| {
        undecidable("depends on how much traffic came before")
    }),
    Module::loose("geoip", |_, _| {
        undecidable("depends on the country that a database has for the address")
    }),
    Module::loose("asn", |_, _| {
        undecidable("depends on the network that a database has for the address")
    }),
    Module::loose("condition", |_, _| {
        undecidable("depends on a switch under /proc/net/nf_condition")
    }),
    Module::loose("psd", |_, _| {
        undecidable("depends on whether this looks like a port scan")
    }),
    Module::loose("lscan", |_, _| {
        undecidable("depends on whether this looks like a port scan")
    }),
    Module::loose("fuzzy", |_, _| {
        undecidable("depends on how many packets came before")
    }),
    Module::loose("pknock", |_, _| {
        undecidable("depends on whether the port was knocked at before")
    }),
    Module::loose("iface", |_, _| {
        undecidable("depends on the state of an interface")
    }),
    Module::loose("ipp2p", |_, _| {
        undecidable("depends on what the packet contains")
    }),
    Module::loose("layer7", |_, _| {
        undecidable("depends on what the packet contains")
    }),
    Module::loose("ndpi", |_, _| {
        undecidable("depends on what the packet contains")
    }),
    Module::loose("random", |_, _| undecidable("depends on chance")),
    Module::loose("nth", |_, _| {
        undecidable("depends on how many packets came before")
    }),
    Module::loose("account", |_, _| {
        undecidable("depends on how much traffic came before")
    }),
    Module::loose("unclean", |_, _| {
        undecidable("depends on whether the packet is well formed")
    }),
];
