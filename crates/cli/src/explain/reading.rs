//! A text of any size, read once and piece by piece.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use sshdoctor_diagnose::text::{Explainer, Explanation};

use crate::{output, progress::Progress, render::terminal::Charset};

/// How much is read at once.
const PIECE: usize = 256 * 1024;

/// Nothing is said of the progress before this.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads the file, or standard input for `-`.
///
/// # Errors
/// When it cannot be read.
pub(super) fn explain(name: &str, charset: Charset) -> anyhow::Result<Explanation> {
    if name != "-" {
        let file = File::open(name).with_context(|| format!("cannot read {name}"))?;
        let size = file.metadata().ok().map(|file| file.len());
        return read(file, name, size, charset);
    }
    let stdin = io::stdin();
    if stdin.is_terminal() {
        output::complain("paste what ssh or sshd said, then press Ctrl-D");
    }
    read(stdin.lock(), "standard input", None, charset)
}

fn read(
    mut source: impl Read,
    name: &str,
    size: Option<u64>,
    charset: Charset,
) -> anyhow::Result<Explanation> {
    let mut explainer = Explainer::new(name);
    let mut piece = vec![0; PIECE];
    let mut progress = Progress::new(charset);
    let start = Instant::now();
    loop {
        let length = match source.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        };
        explainer.feed(&piece[..length]);
        let elapsed = start.elapsed();
        // Somebody who types is not kept waiting by the program.
        if elapsed >= PATIENCE && length == PIECE {
            progress.show(elapsed, &how_far(explainer.bytes(), size));
        }
    }
    progress.clear();
    Ok(explainer.finish())
}

fn how_far(bytes: u64, size: Option<u64>) -> String {
    let read = bytes / 1_000_000;
    match size.filter(|size| *size >= bytes) {
        Some(size) => format!("{read} of {} MB read", size / 1_000_000),
        None => format!("{read} MB read"),
    }
}
