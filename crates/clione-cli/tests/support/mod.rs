//! The built command on the files of a temporary folder: what it says on both streams, and its exit code.

#![allow(dead_code, reason = "each file of tests uses a part of it")]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::{Debug, Write};
use std::fs::{self, File};
use std::io::{Read, Seek, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No run of a test takes as long as this, however busy the machine is.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// What a run of the command came to.
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Answer {
    /// The same answer; fails unless it is a success that says these things on standard error.
    pub fn succeeds_saying(self, texts: &[&str]) -> Answer {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.says(texts)
    }

    /// The same answer; fails unless it says these things on standard error.
    pub fn says(self, texts: &[&str]) -> Answer {
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} in\n{}", self.stderr);
        }
        self
    }

    /// The object on standard output.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.stdout, self.stderr))
    }
}

/// A temporary folder in which the command runs.
pub struct Folder(TempDir);

impl Folder {
    /// A folder with nothing in it.
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A folder with nothing in it, in memory where the system has such a place.
    pub fn in_memory() -> Folder {
        tempfile::tempdir_in("/dev/shm").map_or_else(|_| Folder::new(), Folder)
    }

    /// A folder with one file.
    pub fn with(name: &str, bytes: impl AsRef<[u8]>) -> Folder {
        Folder::new().and(name, bytes)
    }

    /// The same folder with one more file.
    pub fn and(self, name: &str, bytes: impl AsRef<[u8]>) -> Folder {
        self.write(name, bytes);
        self
    }

    /// Writes a file.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// The bytes of a file.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The names of all files, in order.
    pub fn names(&self) -> Vec<String> {
        self.contents().into_keys().collect()
    }

    /// Every file and its bytes.
    pub fn contents(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        let entries = fs::read_dir(self.0.path()).unwrap().map(Result::unwrap);
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).ok())).collect()
    }

    /// Runs the command in this folder with the words of a line as its arguments.
    pub fn run(&self, line: &str) -> Answer {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the command in this folder with these arguments; fails when it hangs or panics.
    pub fn run_words<Word: AsRef<OsStr> + Debug>(&self, arguments: &[Word]) -> Answer {
        self.answer(Command::new(env!("CARGO_BIN_EXE_clione")).args(arguments).stdin(Stdio::null()))
    }

    /// Runs the command in this folder with the words of a line as its arguments and these bytes as standard input.
    pub fn run_with_input(&self, line: &str, input: impl AsRef<[u8]>) -> Answer {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(input.as_ref()).unwrap();
        file.rewind().unwrap();
        self.answer(Command::new(env!("CARGO_BIN_EXE_clione")).args(line.split_whitespace()).stdin(file))
    }

    /// Runs a command in this folder; fails when it hangs or panics.
    pub fn answer(&self, command: &mut Command) -> Answer {
        let answer = self.outcome(command);
        assert!((0..101).contains(&answer.code), "{command:?}: {}\n{}", answer.code, answer.stderr);
        answer
    }

    /// Runs a command in this folder and kills it when it hangs; the code is -1 when a signal ended it.
    pub fn outcome(&self, command: &mut Command) -> Answer {
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let streams = (stdout.try_clone().unwrap(), stderr.try_clone().unwrap());
        command.current_dir(self.0.path()).env_remove("NO_COLOR").stdout(streams.0).stderr(streams.1);
        let mut child = command.spawn().expect("the command starts");
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > HANGS_AFTER {
                child.kill().unwrap();
            }
            sleep(Duration::from_millis(1));
        };
        Answer { stdout: text(stdout), stderr: text(stderr), code: status.code().unwrap_or(-1) }
    }

    /// Runs the command; fails unless it refuses with this exit code and these texts, says no result, and leaves
    /// everything in the folder as it was. A training is asked to keep its model.
    pub fn refuses(&self, line: &str, code: i32, texts: &[&str]) {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if words[0] == "train" && !words.contains(&"-o") {
            words.extend(["-o", "model.clione"]);
        }
        let before = self.contents();
        let answer = self.run_words(&words);
        assert_eq!(answer.code, code, "{line}:\n{}", answer.stderr);
        assert!(answer.stderr.lines().any(|line| line.starts_with("error: ")), "{line}:\n{}", answer.stderr);
        assert_eq!(answer.stdout, "", "{line}");
        assert!(self.contents() == before, "{line} changes the folder");
        answer.says(texts);
    }
}

fn text(mut file: File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).expect("what is said is UTF-8");
    text
}

/// Sixty people: two columns of numbers, one of words, and whether they bought.
pub fn people() -> String {
    let mut table = String::from("age,visits,sex,bought\n");
    for row in 0..60 {
        let (age, visits) = (18 + row * 7 % 60, 1 + row % 9);
        let bought = if age + 5 * visits > 70 { "yes" } else { "no" };
        let _ = writeln!(table, "{age},{visits},{},{bought}", ["f", "m"][row / 3 % 2]);
    }
    table
}

/// The table of people with another text in one line, counted from 1.
pub fn people_but(line: usize, text: &str) -> String {
    let table = people();
    let lines: Vec<&str> = table.lines().enumerate().map(|(at, old)| if at + 1 == line { text } else { old }).collect();
    lines.join("\n") + "\n"
}

/// Sixty houses with a price to predict.
pub fn houses() -> String {
    let mut table = String::from("size,rooms,price\n");
    for row in 0..60 {
        let _ = writeln!(table, "{},{},{}.5", 50 + 3 * row, row % 7, 100_000 + 5_000 * row + 77 * (row % 5));
    }
    table
}

/// A folder with the table of people and a model of it, `people.clione`.
pub fn people_and_model() -> Folder {
    let folder = Folder::with("people.csv", people());
    folder.run("train people.csv --epochs 3 -o people.clione").succeeds_saying(&[]);
    folder
}

/// An IDX file with these sizes.
pub fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| file.extend(size.to_be_bytes()));
    [file, bytes.to_vec()].concat()
}

/// Bytes as a gzip file: one block that is not packed.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u16;
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(bytes);
    file.extend(crc32(bytes).to_le_bytes());
    file.extend((bytes.len() as u32).to_le_bytes());
    file
}

/// The sum that gzip and zip files end with.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

/// Random bytes, the same for the same seed.
pub fn random_bytes(seed: u64, length: usize) -> Vec<u8> {
    use clione::base::rng::{Purpose, Rng};
    let stream = Rng::new(seed).stream(Purpose::Synthesize, 0, 0);
    (0..length as u64).map(|at| (stream.uniform_at(at) * 256.0) as u8).collect()
}
