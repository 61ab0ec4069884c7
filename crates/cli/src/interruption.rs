//! Ctrl-C, a hang-up or a polite kill while this host is looked at: nothing of it stays behind.

use std::sync::{Mutex, PoisonError};
use std::thread;

use nix::sys::signal::{SigSet, Signal};

use crate::{exit, output};

const ENDING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// Held by whoever must not be stopped halfway.
static WHOLE: Mutex<()> = Mutex::new(());

/// From now on such a signal ends every program that runs for this one, and then this one. Call it before other threads begin.
pub(crate) fn watch() {
    let signals: SigSet = ENDING.into_iter().collect();
    // Where that is refused, the signals do what they do to any program.
    if signals.thread_block().is_err() {
        return;
    }
    let wait = move || {
        if let Ok(signal) = signals.wait() {
            sshdoctor_host::end_all();
            let _whole = WHOLE.lock().unwrap_or_else(PoisonError::into_inner);
            output::clear_line();
            std::process::exit(i32::from(exit::by_signal(
                u8::try_from(signal as i32).unwrap_or_default(),
            )));
        }
    };
    if thread::Builder::new().spawn(wait).is_err() {
        let _ = signals.thread_unblock();
    }
}

/// Does something that is done whole or not at all.
pub(crate) fn whole<T>(work: impl FnOnce() -> T) -> T {
    let _whole = WHOLE.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}
