//! The machine that figures are of, and how much of it others had meanwhile.

use serde_json::{Value, json};
use std::fs;

/// A load beyond this, before anything of ours runs, is somebody else's work.
const QUIET_LOAD: f64 = 0.3;

/// The machine when a workload begins.
pub struct Machine {
    load: Option<f64>,
    ticks: Option<Ticks>,
}

/// Time of all cores since the machine started, and what of it went to other machines on the same hardware.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ticks {
    all: u64,
    stolen: u64,
}

impl Machine {
    /// As it is now; what the system does not tell is left out.
    pub fn now() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok();
        let load = read("/proc/loadavg").and_then(|text| text.split_whitespace().next()?.parse().ok());
        Machine { load, ticks: read("/proc/stat").and_then(|text| ticks(&text)) }
    }

    /// The record of a workload that has ended: the machine, the load before it, and the share of time that was stolen.
    pub fn until_now(&self, workload: &str) -> Value {
        let stolen = match (self.ticks, Machine::now().ticks) {
            (Some(before), Some(after)) if after.all > before.all => {
                Some((after.stolen - before.stolen) as f64 / (after.all - before.all) as f64)
            }
            _ => None,
        };
        let cores = std::thread::available_parallelism().ok().map(usize::from);
        let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model_name(&text));
        json!({
            "machine": processor, "cores": cores, "workload": workload, "load_before": self.load, "stolen": stolen,
        })
    }
}

/// A record as a sentence, with a warning where the machine was not ours alone.
pub fn in_words(record: &Value) -> String {
    let number = |key: &str| record[key].as_f64();
    let mut words = format!(
        "{} on {}, {} core(s)",
        record["workload"].as_str().unwrap_or_default(),
        record["machine"].as_str().unwrap_or("an unknown processor"),
        record["cores"]
    );
    if let Some(load) = number("load_before") {
        words += &format!(", load {load:.2} before");
    }
    if let Some(stolen) = number("stolen") {
        words += &format!(", {:.1} % of the time stolen", 100.0 * stolen);
    }
    let is_busy = number("load_before").is_some_and(|load| load > QUIET_LOAD);
    if is_busy || number("stolen").is_some_and(|stolen| stolen > 0.01) {
        words += ": not idle, so these figures do not count";
    }
    words
}

fn ticks(stat: &str) -> Option<Ticks> {
    let numbers: Vec<u64> =
        stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().map_while(|number| number.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; the guests behind them are counted in user.
    Some(Ticks { all: numbers.iter().take(8).sum(), stolen: *numbers.get(7)? })
}

fn model_name(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_the_statistics_gives_all_ticks_and_the_stolen_ones() {
        let stat = "cpu  10 0 20 60 5 1 4 25 7 0\ncpu0 1 2 3\n";
        assert_eq!(ticks(stat), Some(Ticks { all: 125, stolen: 25 }));
        assert_eq!(ticks("intr 1 2"), None);
    }

    #[test]
    fn a_busy_machine_is_named_as_one() {
        let record = |load: f64, stolen: f64| json!({"machine": "A", "cores": 2, "workload": "W1", "load_before": load, "stolen": stolen});
        let idle = in_words(&record(0.1, 0.001));
        assert_eq!(idle, "W1 on A, 2 core(s), load 0.10 before, 0.1 % of the time stolen");
        assert!(in_words(&record(1.5, 0.0)).ends_with("do not count"));
        assert!(in_words(&record(0.0, 0.2)).ends_with("do not count"));
    }
}
