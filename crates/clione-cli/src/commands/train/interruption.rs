//! Ctrl-C and a request to end: the first one is noted, the second one ends the command at once.

use clione::base::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
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
        for signal in [SIGINT, SIGTERM] {
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
