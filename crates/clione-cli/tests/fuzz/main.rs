//! Thousands of broken files and odd flags: the built command always answers, soon, in little memory, and writes nothing else.
//!
//! `CLIONE_FUZZ_CASES=100000 cargo test --release -p clione-cli --test fuzz` tries more than the few that are tried by default;
//! `CLIONE_FUZZ_SEED` chooses others. A case that fails is kept with the command that repeats it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod cases;
mod changed;
mod dice;
mod forged;
mod mutation;
mod seeds;
#[path = "../support/mod.rs"]
mod support;
mod used;

use cases::{Case, Known};
use dice::Dice;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use support::{Answer, Folder};

/// How many cases `cargo test` tries.
const USUAL_CASES: u32 = 1500;

/// No case may take more of a processor's time: it counts seconds of work, so a busy machine changes nothing.
const MOST_SECONDS: u32 = 10;

/// What a run may take besides the bytes of its files, four times over, and what the program takes before it reads anything.
const MOST_KIBIBYTES: usize = 64 << 10;

/// After so many failures there is enough to look at.
const MOST_FAILURES: usize = 20;

/// Runs the command of a case with the memory and the time that it may take.
fn answer(folder: &Folder, words: &[String], kibibytes: usize) -> Answer {
    let mut command = Command::new("sh");
    command.args(["-c", &limited(kibibytes), env!("CARGO_BIN_EXE_clione")]).args(words);
    // More arenas reserve addresses that nobody uses, and a trace of calls takes memory of its own.
    folder.outcome(command.env("MALLOC_ARENA_MAX", "1").env("RUST_BACKTRACE", "0").stdin(Stdio::null()))
}

fn limited(kibibytes: usize) -> String {
    format!("ulimit -v {kibibytes}; ulimit -t {MOST_SECONDS}; ulimit -c 0; exec \"$0\" \"$@\"")
}

/// How many KiB of addresses the program takes before it reads a file.
fn kibibytes_at_start() -> usize {
    let folder = Folder::new();
    let is_enough = |kibibytes: usize| answer(&folder, &["--version".to_owned()], kibibytes).code == 0;
    let (mut too_few, mut enough) = (0, 1 << 20);
    assert!(is_enough(enough), "the command does not start");
    while enough - too_few > 64 {
        let middle = usize::midpoint(too_few, enough);
        if is_enough(middle) { enough = middle } else { too_few = middle }
    }
    enough
}

/// What is wrong with the answer to a case, if anything is.
fn fault(case: &Case, answer: &Answer, folder: &Folder) -> Option<String> {
    if answer.stderr.contains("panicked at") {
        return Some("it panics".to_owned());
    }
    if !(0..=6).contains(&answer.code) {
        let cause = if answer.stderr.contains("memory allocation") { " (out of memory)" } else { "" };
        return Some(format!("exit code {}{cause}", answer.code));
    }
    if answer.code != 0 && !answer.stderr.contains("error: ") {
        return Some(format!("exit code {} without an error", answer.code));
    }
    let contents = folder.contents();
    if let Some((name, _)) = case.files.iter().find(|(name, bytes)| contents.get(name) != Some(&Some(bytes.clone()))) {
        let is_resumed = case.words.iter().any(|word| word == "--resume");
        // A run that ends takes its checkpoints away, one that goes on replaces them.
        if !(is_resumed && name.starts_with('c')) {
            return Some(format!("{name} was changed"));
        }
    }
    let is_named = |name: &str| {
        case.files.iter().any(|(file, _)| file == name) || case.words.iter().any(|word| word.ends_with(name))
    };
    contents.keys().find(|name| !is_named(name)).map(|name| format!("{name:?} was written, which nobody asked for"))
}

/// Keeps the files of a case and the command that repeats it; the folder.
fn keep(case: &Case, seed: u64, number: u32, kibibytes: usize, what: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{seed}-{number}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in &case.files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let quoted = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
    let words: Vec<String> = case.words.iter().map(|word| quoted(word)).collect();
    let script = format!(
        "# {}\ncd \"$(dirname \"$0\")\" && RUST_BACKTRACE=0 MALLOC_ARENA_MAX=1 sh -c {} {} {}\n",
        what.replace('\n', " "),
        quoted(&limited(kibibytes)),
        quoted(env!("CARGO_BIN_EXE_clione")),
        words.join(" ")
    );
    fs::write(folder.join("repeat.sh"), script).unwrap();
    folder
}

fn number_in(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect(variable))
}

#[test]
fn whatever_the_files_and_flags_are_there_is_an_answer_and_nothing_else() {
    let cases = number_in("CLIONE_FUZZ_CASES").map_or(USUAL_CASES, |cases| u32::try_from(cases).unwrap());
    let seed = number_in("CLIONE_FUZZ_SEED").unwrap_or(1);
    let (known, at_start) = (Known::new(), kibibytes_at_start());
    let (next, started) = (AtomicU32::new(0), Instant::now());
    let (failures, codes) = (Mutex::new(Vec::new()), [const { AtomicU32::new(0) }; 7]);
    std::thread::scope(|scope| {
        // One more than there are processors: each waits for its command most of the time.
        for _ in 0..=std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while failures.lock().unwrap().len() < MOST_FAILURES {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= cases {
                        break;
                    }
                    let case = known.case(&mut Dice::of_case(seed, number));
                    let folder = Folder::in_memory();
                    case.files.iter().for_each(|(name, bytes)| folder.write(name, bytes));
                    let kibibytes = at_start + MOST_KIBIBYTES + 4 * case.counts / 1024;
                    let answer = answer(&folder, &case.words, kibibytes);
                    if let Some(fault) = fault(&case, &answer, &folder) {
                        let kept = keep(&case, seed, number, kibibytes, &fault);
                        let first = answer.stderr.lines().find(|line| !line.is_empty()).unwrap_or_default();
                        failures.lock().unwrap().push(format!("{fault}\n  sh {}/repeat.sh\n  {first}", kept.display()));
                    } else if let Some(count) = usize::try_from(answer.code).ok().and_then(|code| codes.get(code)) {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let tried = next.into_inner().min(cases);
    let codes: Vec<u32> = codes.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{tried} cases in {seconds:.1} s ({:.0} in a second), {at_start} KiB at the start; exit codes 0 to 6: {codes:?}",
        f64::from(tried) / seconds
    );
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {tried} cases fail:\n{}", failures.len(), failures.join("\n"));
    assert!(codes[0] > tried / 20, "most cases end before anything is read: {codes:?}");
}
