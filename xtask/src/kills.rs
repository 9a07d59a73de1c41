//! `cargo xtask kills`: trains, kills and resumes three hundred times, and compares what comes out.

use std::process::Command;

/// Runs the test that takes too long to be among the others, and shows what it counted.
pub fn run() -> Result<(), String> {
    let arguments = ["test", "--package", "clione-cli", "--test", "kills", "--", "--ignored", "--nocapture"];
    let status = Command::new(env!("CARGO")).args(arguments).status();
    match status.map_err(|error| format!("cargo does not start: {error}"))?.success() {
        true => Ok(()),
        false => Err("a run was lost".to_owned()),
    }
}
