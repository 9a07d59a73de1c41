//! W9: what it takes to have clione: a clean build, the size of the program, the time until it has said its version.

use super::median;
use crate::root;
use serde_json::json;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

/// How often the program is started.
const STARTS: usize = 21;

/// One JSON line for each figure, in the form of the other workloads.
pub fn measure() -> Result<String, String> {
    let folder = root().join("target/bench/clean");
    let remove = || match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", folder.display())),
        _ => Ok(()),
    };
    remove()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--quiet", "--package", "clione-cli", "--target-dir"]).arg(&folder);
    let start = Instant::now();
    let status = build.current_dir(root()).status().map_err(|error| error.to_string())?;
    let taken = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err("clione does not build".to_owned());
    }

    let program = folder.join("release").join(format!("clione{}", std::env::consts::EXE_SUFFIX));
    let size = fs::metadata(&program).map_err(|error| format!("{}: {error}", program.display()))?.len();
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let status = Command::new(&program).arg("--version").stdout(Stdio::null()).status();
        starts.push(start.elapsed().as_secs_f64());
        if !status.is_ok_and(|status| status.success()) {
            return Err("clione does not say its version".to_owned());
        }
    }
    remove()?;
    let megabytes = size as f64 / f64::from(1 << 20);
    let lines =
        [("clean build", "s", vec![taken]), ("size on the disk", "MiB", vec![megabytes]), ("start-up", "s", starts)];
    let line = |(case, unit, samples): &(&str, &str, Vec<f64>)| {
        json!({
            "workload": "W9", "case": case, "peer": super::OURS, "variant": "", "threads": 1,
            "figure": median(samples), "unit": unit, "samples": samples,
        })
    };
    Ok(lines.iter().map(|figure| format!("{}\n", line(figure))).collect())
}
