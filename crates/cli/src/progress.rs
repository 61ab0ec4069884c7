//! One line on standard error that says what is being waited for, once that takes longer than a second.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{output, render::terminal::Charset};

/// Nothing is said before this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// How often the line is drawn again on a terminal.
const FRAME: Duration = Duration::from_millis(120);

/// The line.
#[derive(Debug)]
pub(crate) struct Progress {
    charset: Charset,
    on_terminal: bool,
    bar: Option<ProgressBar>,
    said: bool,
}

impl Progress {
    /// Nothing is shown yet.
    pub(crate) fn new(charset: Charset) -> Self {
        Self {
            charset,
            on_terminal: output::stderr_is_terminal(),
            bar: None,
            said: false,
        }
    }

    /// When [`Self::show`] should be called next, counted from the start of the run.
    pub(crate) fn due(&self, elapsed: Duration) -> Option<Duration> {
        if elapsed < PATIENCE {
            Some(PATIENCE)
        } else if self.on_terminal {
            Some(elapsed + FRAME)
        } else if self.said {
            None
        } else {
            Some(elapsed + FRAME)
        }
    }

    /// Shows what is being waited for. A terminal's line is drawn over; elsewhere one plain line is written, once.
    pub(crate) fn show(&mut self, elapsed: Duration, reason: &str) {
        if elapsed < PATIENCE {
            return;
        }
        let reason = self.charset.show(reason);
        if !self.on_terminal {
            if !self.said {
                output::complain(&reason);
            }
            self.said = true;
            return;
        }
        let bar = self.bar.get_or_insert_with(|| spinner(self.charset));
        bar.set_message(format!("{} s: {reason}", elapsed.as_secs()));
        bar.tick();
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Says what is being waited for while `work` goes on.
pub(crate) fn during<T>(
    charset: Charset,
    start: Instant,
    reason: &str,
    work: impl FnOnce() -> T,
) -> T {
    let (done, still_waiting) = channel::<()>();
    thread::scope(|scope| {
        let draw = move || {
            let mut progress = Progress::new(charset);
            while let Some(due) = progress.due(start.elapsed()) {
                let pause = due.saturating_sub(start.elapsed());
                if still_waiting.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
                progress.show(start.elapsed(), reason);
            }
            progress.clear();
        };
        // Without a thread nothing is said, and the work goes on.
        let _ = thread::Builder::new().spawn_scoped(scope, draw);
        let outcome = work();
        drop(done);
        outcome
    })
}

fn spinner(charset: Charset) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let frames = match charset {
        Charset::Unicode => "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ",
        Charset::Ascii => "|/-\\ ",
    };
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style.tick_chars(frames));
    bar
}
