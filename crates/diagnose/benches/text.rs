//! How fast a text is read: an ordinary log with some lines of sshd, and one that holds nothing else.

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sshdoctor_diagnose::text::{self, Explainer};

/// Bytes of a log.
const LENGTH: usize = 64 * 1024 * 1024;

/// A log in which every `every`-th line is one of sshd.
fn log(every: usize) -> Vec<u8> {
    let mut log = Vec::with_capacity(LENGTH + 256);
    let mut number = 0;
    while log.len() < LENGTH {
        number += 1;
        let (minute, second, process, port) = (
            number / 60 % 60,
            number % 60,
            1000 + number % 30_000,
            1024 + number % 60_000,
        );
        let line = if number % every == 0 {
            match number / every % 4 {
                0 => format!(
                    "sshd[{process}]: Invalid user admin from 203.0.113.{} port {port}",
                    number % 250
                ),
                1 => format!(
                    "sshd[{process}]: Failed password for invalid user admin from 203.0.113.9 port {port} ssh2"
                ),
                2 => format!(
                    "sshd[{process}]: Connection closed by invalid user admin 203.0.113.9 port {port} [preauth]"
                ),
                _ => format!(
                    "sshd[{process}]: Accepted publickey for me from 198.51.100.7 port {port} ssh2: ED25519 SHA256:x"
                ),
            }
        } else {
            format!(
                "nginx[{process}]: 198.51.100.7 - - \"GET /articles/{number} HTTP/1.1\" 200 {port} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\""
            )
        };
        log.extend_from_slice(
            format!("Nov 24 10:{minute:02}:{second:02} web1 {line}\n").as_bytes(),
        );
    }
    log
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("text");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for (name, every) in [("some lines of sshd", 20), ("only lines of sshd", 1)] {
        let log = log(every);
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), &log, |bencher, log| {
            bencher.iter(|| {
                let mut explainer = Explainer::new("log");
                for piece in log.chunks(256 * 1024) {
                    explainer.feed(piece);
                }
                black_box(explainer.finish())
            });
        });
    }
    group.finish();
    criterion.bench_function("one line", |bencher| {
        bencher.iter(|| {
            text::explain(
                black_box(b"ssh: connect to host web1 port 22: Connection refused\n"),
                "text",
            )
        });
    });
}

criterion_group!(benches, reading);
criterion_main!(benches);
