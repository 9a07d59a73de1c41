//! Measures clione and its peers in turn, one implementation per process, and sets the figures side by side.

mod machine;
mod nothing;
mod results;

use crate::root;
use machine::Machine;
use results::Results;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workloads that there are; all are measured where none is asked for.
const WORKLOADS: &[&str] = &["W1", "W2", "W3", "W7", "W8", NOTHING, "W10", "W11"];

/// What it takes to have clione and its peers at all.
const NOTHING: &str = "W9";

/// How often each implementation gets its turn; each turn has several samples.
const ROUNDS: usize = 3;

/// How clione is called among the implementations.
const OURS: &str = "clione";

/// What to measure.
#[derive(Debug, PartialEq)]
struct Request {
    workloads: Vec<String>,
    threads: Vec<usize>,
    python: PathBuf,
    rounds: usize,
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut request = Request {
            workloads: Vec::new(),
            threads: vec![1, 2],
            python: root().join("bench/venv/bin/python"),
            rounds: ROUNDS,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--threads" => {
                    let counts =
                        value()?.split(',').map(|count| count.parse().map_err(|_| format!("no number: {count}")));
                    request.threads = counts.collect::<Result<_, _>>()?;
                }
                "--python" => request.python = value()?.into(),
                "--quick" => request.rounds = 1,
                flag if flag.starts_with('-') => return Err(format!("there is no flag {flag}")),
                workload if WORKLOADS.contains(&&*workload.to_uppercase()) => {
                    request.workloads.push(workload.to_uppercase());
                }
                unknown => {
                    return Err(format!("there is no workload {unknown}: it is one of {}", WORKLOADS.join(", ")));
                }
            }
        }
        if request.workloads.is_empty() {
            request.workloads = WORKLOADS.iter().map(ToString::to_string).collect();
        }
        Ok(request)
    }
}

/// What a figure is of: workload, case, threads, unit.
type Key = (String, String, u64, String);

/// Everything that was measured.
#[derive(Default)]
struct Figures {
    /// The samples of each implementation (its name and variant) of each figure.
    samples: BTreeMap<Key, BTreeMap<String, Vec<f64>>>,
    /// Implementations that could not be measured: which, of what, why.
    absent: BTreeMap<String, String>,
    /// Whose figures of the running workload do not count, because their results differ from clione's.
    refused: Vec<String>,
    /// All of them, with how they differ.
    differing: Vec<String>,
    /// Whose results cannot be compared, and why.
    unchecked: Vec<String>,
    /// What the machine was like, for each workload.
    machines: Vec<Value>,
}

/// `cargo xtask bench`.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let request = Request::parse(arguments)?;
    let ours = build()?;
    let peers = peers(&root().join("bench/peers")).map_err(|error| format!("bench/peers cannot be read: {error}"))?;
    let mut figures = Figures::default();
    for workload in &request.workloads {
        let machine = Machine::now();
        let turns = Turns { workload, ours: &ours, peers: &peers, python: &request.python };
        figures.refused = turns.compare(&mut figures)?;
        // What it takes to have clione does not depend on how many threads then work.
        let threads = if workload == NOTHING { &request.threads[..1] } else { &request.threads[..] };
        for &threads in threads {
            for round in 1..=request.rounds {
                eprintln!("{workload} on {threads} thread(s), round {round} of {}", request.rounds);
                turns.measure(threads, round, &mut figures)?;
            }
        }
        figures.machines.push(machine.until_now(workload));
    }
    for line in figures.lines() {
        println!("{line}");
    }
    print!("{}", figures.table());
    match figures.differing.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "results that differ from clione's, whose times are left out:\n{}",
            figures.differing.join("\n")
        )),
    }
}

/// Who has a turn at a workload.
struct Turns<'a> {
    workload: &'a str,
    ours: &'a Path,
    peers: &'a [PathBuf],
    python: &'a Path,
}

impl Turns<'_> {
    /// Lets everybody print results before anything is timed; says whose differ from clione's.
    fn compare(&self, figures: &mut Figures) -> Result<Vec<String>, String> {
        if self.workload == NOTHING {
            return Ok(Vec::new());
        }
        eprintln!("{}: are the results those of the peers?", self.workload);
        let mut results = Results::default();
        for turn in std::iter::once(None).chain(self.peers.iter().map(Some)) {
            let (name, mut command) = self.command(turn, 1);
            let printed = output(command.arg("--check"));
            match (&printed, turn) {
                (Ok(text), _) => results.take(text),
                (Err(why), Some(_)) => figures.note_absence(&name, self.workload, why),
                (Err(why), None) => return Err(format!("{} of clione: {why}", self.workload)),
            }
        }
        let differing = results.differing(OURS);
        figures.differing.extend(differing.iter().map(|(who, how)| format!("{} {who}: {how}", self.workload)));
        figures.unchecked.extend(results.unchecked);
        Ok(differing.into_keys().collect())
    }

    /// Gives everybody a turn.
    fn measure(&self, threads: usize, round: usize, figures: &mut Figures) -> Result<(), String> {
        // The first of a round meets the machine as the last one left it, so all take turns at being first.
        let mut turns: Vec<Option<&PathBuf>> = std::iter::once(None).chain(self.peers.iter().map(Some)).collect();
        turns.rotate_left((round - 1) % (self.peers.len() + 1));
        for turn in turns {
            if turn.is_none() && self.workload == NOTHING {
                figures.take(OURS, self.workload, &Ok(nothing::measure()?));
                continue;
            }
            let (name, mut command) = self.command(turn, threads);
            figures.take(&name, self.workload, &output(&mut command));
        }
        Ok(())
    }

    /// Whose turn it is, and how it is started.
    fn command(&self, turn: Option<&PathBuf>, threads: usize) -> (String, Command) {
        let (name, mut command) = match turn {
            None => {
                let mut command = Command::new(self.ours);
                command.arg(self.workload.to_lowercase());
                (OURS.to_owned(), command)
            }
            Some(script) => {
                let mut command = Command::new(self.python);
                command.arg(script).arg(self.workload);
                (peer_name(script), command)
            }
        };
        command.args(["--threads", &threads.to_string()]);
        (name, command)
    }
}

/// Builds clione's side and says where it is.
fn build() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--package", "clione-bench", "--message-format", "json-render-diagnostics"]);
    let output = command.current_dir(root()).stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut programs = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = programs.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.filter(|_| output.status.success()).ok_or_else(|| "clione-bench does not build".to_owned())
}

/// The peers' scripts, ordered by name.
fn peers(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut scripts: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    scripts.retain(|path| path.extension().is_some_and(|ending| ending == "py") && peer_name(path) != file_stem(path));
    scripts.sort();
    Ok(scripts)
}

/// `peer_numpy.py` is of `numpy`.
fn peer_name(script: &Path) -> String {
    let stem = file_stem(script);
    stem.strip_prefix("peer_").map_or(stem.clone(), str::to_owned)
}

fn file_stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a command prints. Fails with why there is nothing.
fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program} does not start: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rev().find(|line| !line.trim().is_empty());
    Err(format!("{}: {}", output.status, last.unwrap_or("without a word").trim()))
}

/// Who printed a line: the peer and its variant.
fn implementation(line: &Value, name: &str) -> String {
    let of = |key: &str| line[key].as_str().unwrap_or_default();
    let peer = if of("peer").is_empty() { name } else { of("peer") };
    format!("{peer} {}", of("variant")).trim().to_owned()
}

impl Figures {
    /// Takes what an implementation printed in one turn, or why it printed nothing.
    fn take(&mut self, name: &str, workload: &str, printed: &Result<String, String>) {
        let text = match printed {
            Ok(text) => text,
            Err(why) => return self.note_absence(name, workload, why),
        };
        let mut lines = 0;
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            lines += 1;
            let of = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            let implementation = implementation(&line, name);
            if let Some(why) = line["absent"].as_str() {
                self.note_absence(&implementation, workload, why);
                continue;
            }
            if self.refused.contains(&implementation) {
                continue;
            }
            let Some(figure) = line["figure"].as_f64() else { continue };
            let unit = of("unit");
            let samples = line["samples"].as_array().map(|samples| samples.iter().filter_map(Value::as_f64).collect());
            let samples = samples.filter(|samples: &Vec<f64>| !samples.is_empty()).unwrap_or_else(|| vec![figure]);
            let key = (workload.to_owned(), of("case"), line["threads"].as_u64().unwrap_or(1), unit);
            self.samples.entry(key).or_default().entry(implementation).or_default().extend(samples);
        }
        if lines == 0 {
            self.note_absence(name, workload, "it printed no figure");
        }
    }

    fn note_absence(&mut self, implementation: &str, workload: &str, why: &str) {
        self.absent.insert(format!("{workload} {implementation}"), why.to_owned());
    }

    /// For each figure its implementations, the best first, each with its median.
    fn ranked(&self) -> impl Iterator<Item = (&Key, Vec<(&str, f64)>)> {
        self.samples.iter().map(|(key, implementations)| {
            let medians = implementations.iter().map(|(name, samples)| (name.as_str(), median(samples)));
            let mut ranked: Vec<(&str, f64)> = medians.collect();
            ranked.sort_by(|(_, a), (_, b)| if more_is_better(&key.3) { b.total_cmp(a) } else { a.total_cmp(b) });
            (key, ranked)
        })
    }

    /// One JSON line for each figure of each implementation, and for each one that is absent.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (key, ranked) in self.ranked() {
            let (workload, case, threads, unit) = key;
            for (implementation, figure) in &ranked {
                let samples = &self.samples[key][*implementation];
                let line = json!({
                    "workload": workload, "case": case, "threads": threads, "implementation": implementation,
                    "figure": figure, "unit": unit, "samples": samples,
                    "times_the_best_peer": times_the_best_peer(*figure, unit, &ranked),
                });
                lines.push(line.to_string());
            }
        }
        let absent = self.absent.iter().map(|(which, why)| json!({"absent": which, "why": why}).to_string());
        lines.extend(absent);
        lines.extend(self.machines.iter().map(Value::to_string));
        lines.extend(self.unchecked.iter().map(|why| json!({"unchecked": why}).to_string()));
        lines
    }

    /// The figures for a person: under each other, with how many times as good as the best peer each is.
    fn table(&self) -> String {
        let mut table = String::new();
        for (key, ranked) in self.ranked() {
            let (workload, case, threads, unit) = key;
            let case = if case.is_empty() { String::new() } else { format!(" ({case})") };
            table += &format!("\n{workload}{case}, {threads} thread(s), {unit}\n");
            for (implementation, figure) in &ranked {
                let times = times_the_best_peer(*figure, unit, &ranked);
                let times = times.map_or("no peer".to_owned(), |times| format!("{times:.2} x the best peer"));
                table += &format!("  {implementation:24} {figure:>12.4}  {times}\n");
            }
        }
        for (which, why) in &self.absent {
            table += &format!("\nabsent: {which}: {why}");
        }
        for why in &self.unchecked {
            table += &format!("\nnot compared: {why}");
        }
        for machine in &self.machines {
            table += &format!("\n{}", machine::in_words(machine));
        }
        table.trim_start().to_owned() + "\n"
    }
}

/// How many times as good as the best peer a figure is: 2 is half the time, or twice the rate.
fn times_the_best_peer(figure: f64, unit: &str, ranked: &[(&str, f64)]) -> Option<f64> {
    let is_peer = |name: &str| name.split(' ').next() != Some(OURS);
    let (_, best) = ranked.iter().find(|(name, _)| is_peer(name))?;
    Some(if more_is_better(unit) { figure / best } else { best / figure })
}

/// Rates (`images/s`) grow with quality; times and memory shrink.
fn more_is_better(unit: &str) -> bool {
    unit.ends_with("/s")
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(peer: &str, unit: &str, samples: &[f64]) -> Result<String, String> {
        let line =
            json!({"peer": peer, "variant": "", "threads": 1, "figure": samples[0], "unit": unit, "samples": samples});
        Ok(format!("some words\n{line}\n"))
    }

    fn arguments(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_ratio_says_how_many_times_as_good_as_the_best_peer() {
        let mut figures = Figures::default();
        figures.take("clione", "W1", &line("clione", "us/iteration", &[0.5, 0.4, 0.6]));
        figures.take("jax", "W1", &line("jax", "us/iteration", &[1.0]));
        figures.take("numpy", "W1", &line("numpy", "us/iteration", &[10.0]));
        figures.take("clione", "W4", &line("clione", "images/s", &[300.0]));
        figures.take("jax", "W4", &line("jax", "images/s", &[100.0]));
        let table = figures.table();
        assert!(table.contains("  clione                         0.5000  2.00 x the best peer"), "{table}");
        assert!(table.contains("numpy                         10.0000  0.10 x"), "{table}");
        assert!(table.contains("300.0000  3.00 x the best peer"), "{table}");
        assert_eq!(figures.lines().len(), 5);
    }

    #[test]
    fn turns_are_put_together() {
        let mut figures = Figures::default();
        figures.take("jax", "W1", &line("jax", "s", &[1.0, 2.0]));
        figures.take("jax", "W1", &line("jax", "s", &[3.0]));
        assert!(figures.lines()[0].contains("\"figure\":2.0"), "{:?}", figures.lines());
    }

    #[test]
    fn who_is_absent_is_named_with_why() {
        let mut figures = Figures::default();
        figures.take("jax", "W1", &Ok(json!({"peer": "jax", "absent": "no module named jax"}).to_string()));
        figures.take("numpy", "W1", &output(&mut Command::new("no/such/python")));
        figures.take("clione", "W5", &Ok("usage".to_owned()));
        let table = figures.table();
        assert!(table.contains("absent: W1 jax: no module named jax"), "{table}");
        assert!(table.contains("absent: W1 numpy: no/such/python does not start"), "{table}");
        assert!(table.contains("absent: W5 clione: it printed no figure"), "{table}");
    }

    #[test]
    fn times_of_those_whose_results_differ_do_not_count() {
        let mut figures = Figures { refused: vec!["jax".to_owned()], ..Figures::default() };
        figures.take("jax", "W1", &line("jax", "s", &[1.0]));
        figures.take("numpy", "W1", &line("numpy", "s", &[2.0]));
        assert!(!figures.table().contains("jax") && figures.table().contains("numpy"), "{}", figures.table());
    }

    /// The names of products are written on both sides, and a name that the other side lacks compares nothing.
    #[test]
    fn every_product_of_the_peers_is_one_of_clione_by_the_same_name() {
        let read = |path: &str| fs::read_to_string(root().join(path)).expect("the file of a workload");
        let (ours, theirs) = (read("bench/src/w8.rs"), read("bench/peers/workloads.py"));
        let list = theirs.split_once("PRODUCTS = [").expect("the products").1.split_once("\n]").expect("their end").0;
        let sizes = |text: &str| text.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
        let (squares, others) = list.split_once("for n in (").expect("squares").1.split_once(")]").expect("their end");
        let mut names: Vec<String> = sizes(squares).iter().map(|n| format!("{n}x{n}x{n}")).collect();
        for product in others.lines().filter_map(|line| line.trim().strip_prefix('(')?.strip_suffix("),")) {
            let parts = sizes(product);
            let transposed = if parts[3] == "True" { " transposed left" } else { "" };
            names.push(format!("{}x{}x{}{transposed}", parts[0], parts[1], parts[2]));
        }
        assert_eq!(names.len(), 11);
        for name in names {
            assert!(ours.contains(&format!("case(\"{name}\",")), "{name} is not among clione's products");
        }
    }

    #[test]
    fn the_command_line_has_defaults_and_refuses_what_it_does_not_know() {
        let request = Request::parse(&arguments("w1 W8 --threads 2 --quick --python p")).unwrap();
        let expected = (vec!["W1".to_owned(), "W8".to_owned()], vec![2], 1, PathBuf::from("p"));
        assert_eq!((request.workloads, request.threads, request.rounds, request.python), expected);
        assert_eq!(Request::parse(&[]).unwrap().threads, [1, 2]);
        assert!(Request::parse(&arguments("--fast")).is_err());
        assert!(Request::parse(&arguments("W1 W12")).is_err_and(|why| why.contains("W12") && why.contains("W11")));
        assert!(Request::parse(&arguments("--threads two")).is_err());
    }
}
