//! Whether this machine has the memory that a training run takes; asked before anything is reserved.

use clione::base::bytes::in_words;
use clione::base::error::{Error, Result};
use clione::data::findings::counted;
use clione::prelude::*;
use clione::train::recipe::MemoryNeed;

/// Fails when the machine has not the memory that training takes.
pub fn check_memory(need: &MemoryNeed, recipe: &Recipe, inputs: usize, outputs: usize) -> Result<()> {
    let Some(available) = machine_memory() else { return Ok(()) };
    if need.total() <= available {
        return Ok(());
    }
    Err(Error::usage(format!(
        "this network needs about {} ({}, {}: weights {}, gradients {}, {} {}), this machine has {}",
        in_words(need.total()),
        counted(inputs, "input"),
        counted(outputs, "output"),
        in_words(need.weights),
        in_words(need.gradients),
        recipe.fit.optimizer.name(),
        in_words(need.optimizer),
        in_words(available)
    ))
    .remedy("--layers 32,16"))
}

/// The memory of this machine in bytes, where the system tells.
fn machine_memory() -> Option<u128> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u128>().ok().map(|kilobytes| kilobytes * 1024)
}
