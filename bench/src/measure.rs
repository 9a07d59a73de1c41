//! How a workload is timed and told: one JSON line for each figure, medians of several samples.

use std::time::Instant;

/// How many samples a figure is the median of.
pub const SAMPLES: usize = 7;

/// Seconds that `work` takes for one call of `count`, in samples.
pub fn seconds_each(count: usize, mut work: impl FnMut()) -> Vec<f64> {
    work(); // plans, caches and threads are warm from here on
    (0..SAMPLES)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() / count as f64
        })
        .collect()
}

/// The median of some numbers.
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// The number below which this share of the samples lies.
pub fn quantile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Prints one figure as a JSON line, in the form that the peers' scripts use too.
pub fn tell(workload: &str, case: &str, threads: usize, unit: &str, figure: f64, samples: &[f64]) {
    let samples: Vec<String> = samples.iter().map(f64::to_string).collect();
    println!(
        "{{\"workload\": \"{workload}\", \"case\": \"{case}\", \"peer\": \"clione\", \"variant\": \"{}\", \
         \"threads\": {threads}, \"figure\": {figure}, \"unit\": \"{unit}\", \"samples\": [{}]}}",
        clione::cpu::simd::InstructionSet::detect().name(),
        samples.join(", ")
    );
}

/// Prints seconds as a figure in microseconds.
pub fn tell_microseconds(workload: &str, case: &str, threads: usize, unit: &str, seconds: &[f64]) {
    let microseconds: Vec<f64> = seconds.iter().map(|seconds| seconds * 1e6).collect();
    tell(workload, case, threads, unit, median(&microseconds), &microseconds);
}

/// Whether results are asked for, to be compared with those of the peers, and no times.
pub fn is_check(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument == "--check")
}

/// Prints results as a JSON line, in the form that the peers' scripts use too.
pub fn check(workload: &str, case: &str, results: &[f64]) {
    println!("{{\"workload\": \"{workload}\", \"case\": \"{case}\", \"peer\": \"clione\", \"check\": {results:?}}}");
}

/// The number behind `--threads`, or 1.
pub fn threads(arguments: &[String]) -> usize {
    let position = arguments.iter().position(|argument| argument == "--threads");
    position.and_then(|at| arguments.get(at + 1)).and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// The most memory this process has had, in MiB, where the system tells.
pub fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}
