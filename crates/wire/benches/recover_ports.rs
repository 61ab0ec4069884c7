//! Recovering `[name]:port` from hashed known_hosts entries: the promise is 500 entries within 5 s on one core.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sshdoctor_wire::known_hosts::{Entry, HashedName, Hosts, recover_ports};

const CUSTOMARY: [u16; 4] = [2222, 22_022, 2200, 222];

/// Entries of other machines, so that every port is tried on every entry.
fn foreign_entries(count: u32) -> Vec<Entry> {
    (1..=count)
        .map(|line| {
            let mut salt = [0x5a; 20];
            salt[..4].copy_from_slice(&line.to_be_bytes());
            Entry {
                file: 0,
                line,
                marker: None,
                hosts: Hosts::Hashed(HashedName::new(salt, "elsewhere.example.org")),
                key_type: "ssh-ed25519".to_owned(),
                key_blob: Vec::new(),
                comment: Vec::new(),
            }
        })
        .collect()
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recover_ports");
    group.sample_size(10);
    for count in [10, 500] {
        let entries = foreign_entries(count);
        group.throughput(Throughput::Elements(u64::from(count) * 65_534));
        group.bench_function(format!("{count} entries"), |bencher| {
            bencher.iter(|| {
                recover_ports(
                    black_box(&entries),
                    &["web1.example.net"],
                    &CUSTOMARY,
                    &mut || true,
                )
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
