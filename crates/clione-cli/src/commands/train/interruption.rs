//! Ctrl-C, a request to end, and a terminal that is closed: the first one is noted, the second one ends the command at once.

use clione::base::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
#[cfg(target_os = "linux")]
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a command that was interrupted.
const INTERRUPTED: i32 = 130;

/// Whether somebody has asked for an end.
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// From now on a first signal no longer ends the command. Fails when the system does not allow to listen.
    pub fn listen() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in signals() {
            // What is registered first comes first: it ends the command only when an earlier signal was noted.
            flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&asked))
                .and_then(|_| flag::register(signal, Arc::clone(&asked)))
                .map_err(|error| Error::io(format!("cannot listen to Ctrl-C: {error}")))?;
        }
        Ok(Interruption(asked))
    }

    /// Whether there was a signal.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The signals that ask for an end. Nobody who began a run with `nohup` wants it to end when the terminal is closed, so a
/// signal that is ignored when the command starts stays ignored, where the system tells which ones are.
#[cfg(target_os = "linux")]
fn signals() -> Vec<i32> {
    use signal_hook::consts::SIGHUP;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(1 << (SIGHUP - 1));
    // Ctrl-C is listened to in any case: shells start what runs in the background without it, and scripts send it.
    let is_heard = |signal: &i32| *signal != SIGHUP || ignored & (1 << (signal - 1)) == 0;
    [SIGINT, SIGTERM, SIGHUP].into_iter().filter(is_heard).collect()
}

/// Elsewhere nobody tells whether the end of a terminal is ignored, so it does what the system does.
#[cfg(not(target_os = "linux"))]
fn signals() -> Vec<i32> {
    vec![SIGINT, SIGTERM]
}
