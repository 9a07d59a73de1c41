//! A run that is killed again and again, also while it saves, ends with the model and the recording of one left alone.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use clione::base::rng::{Purpose, Rng};
use clione::train::file::CheckpointFile;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::{Folder, people};

/// What happened.
#[derive(Default)]
struct Counts {
    kills: usize,
    /// Those that left a file that was being written, or no newest checkpoint.
    while_saving: usize,
    /// Runs that went on from a checkpoint.
    resumes: usize,
    /// Runs that ended.
    ends: usize,
}

fn start(folder: &Folder, line: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_clione"))
        .args(line.split_whitespace())
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.path("stderr")).unwrap())
        .spawn()
        .expect("the command starts")
}

/// Kills a run that is kept `every` so often at random moments within `longest`, and resumes it, `kills` times; each time it ends, its model
/// and its recording must be those of a run that was left alone, and another run begins.
///
/// With `aims` a kill waits for the next save to begin.
fn kill_and_resume((line, every, aims): (&str, &str, bool), kills: usize, longest: Duration, seed: u64) -> Counts {
    // A process that is killed leaves the disk as it is: how fast the disk is decides nothing but the time this takes.
    let folder = Folder::in_memory().and("people.csv", people());
    folder.run(&format!("{line} -o whole.clione --record whole.run")).succeeds_saying(&[]);
    let whole = [folder.read("whole.clione"), folder.read("whole.run")];
    let (model, checkpoint) = (folder.path("m.clione"), folder.path("m.clione.checkpoint"));
    let line = format!("{line} -o m.clione --record m.run --resume --threads 1 --checkpoint-every {every}");
    let moments = Rng::new(seed).stream(Purpose::Synthesize, 0, 0);
    let mut counts = Counts::default();
    while counts.kills < kills {
        let mut child = start(&folder, &line);
        // Half of the kills come at any time, also before anything was kept, the others once there is a checkpoint.
        let is_kept = || counts.kills % 2 == 0 || checkpoint.exists();
        let wait = longest.mul_f64(moments.uniform_at(counts.kills as u64 + 1000 * counts.ends as u64));
        let mut begun = Instant::now();
        let half = folder.path(&format!(".m.clione.checkpoint.{}.tmp", child.id()));
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if !is_kept() => begun = Instant::now(),
                None if begun.elapsed() >= wait && (!aims || half.exists()) => break None,
                None => sleep(Duration::from_micros(if begun.elapsed() < wait { 200 } else { 20 })),
            }
        };
        let has_ended = match status {
            Some(status) => {
                let stderr = String::from_utf8_lossy(&folder.read("stderr")).into_owned();
                assert!(status.success(), "{stderr}");
                true
            }
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                counts.kills += 1;
                let its_own = format!(".{}.tmp", child.id());
                let is_half = folder.names().iter().any(|name| name.ends_with(&its_own));
                let found = CheckpointFile::load(&checkpoint).expect("no checkpoint is ever unreadable");
                counts.while_saving +=
                    usize::from(is_half || found.as_ref().is_some_and(|found| found.warning.is_some()));
                counts.resumes += usize::from(found.is_some());
                // Killed after all was done.
                model.exists() && found.is_none()
            }
        };
        if has_ended {
            assert!([folder.read("m.clione"), folder.read("m.run")] == whole, "after {} kills", counts.kills);
            counts.ends += 1;
            fs::remove_file(&model).unwrap();
            fs::remove_file(folder.path("m.run")).unwrap();
            // One that was killed leaves its locks, which block nobody.
            let mut names = folder.names();
            names.retain(|name| !name.ends_with(".lock"));
            assert_eq!(names, ["people.csv", "stderr", "whole.clione", "whole.run"], "nothing else is left");
        }
    }
    folder.run(&line).succeeds_saying(&[]);
    assert!([folder.read("m.clione"), folder.read("m.run")] == whole, "the last run");
    assert!(folder.names().iter().all(|name| !name.ends_with(".lock")), "a run that ends takes its locks away");
    counts.ends += 1;
    counts
}

/// Many short steps, and a checkpoint now and then: kills come anywhere.
const NOW_AND_THEN: (&str, &str, bool) =
    ("train people.csv --epochs 4000 --batch-size 8 --record-every 300", "100epochs", false);

/// Large checkpoints, and one after each step: kills come while one is saved.
const ALWAYS: (&str, &str, bool) =
    ("train people.csv --epochs 1 --batch-size 1 --layers 400,400 --record-every 7", "0s", true);

#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_very_bits() {
    for (run, seed) in [(NOW_AND_THEN, 1), (ALWAYS, 2)] {
        let counts = kill_and_resume(run, 15, Duration::from_millis(80), seed);
        assert!(counts.resumes > 0, "{} kills, none of a run that was kept", counts.kills);
    }
}

#[test]
fn a_run_that_is_killed_behind_the_end_of_its_recording_records_no_second_end() {
    let folder = Folder::in_memory().and("people.csv", people());
    let line = "train people.csv --epochs 30 --batch-size 8 --record-every 20 --threads 1 --checkpoint-every 7epochs";
    folder.run(&format!("{line} -o whole.clione --record whole.run")).succeeds_saying(&[]);
    let whole = [folder.read("whole.clione"), folder.read("whole.run")];
    let recording = folder.path("m.run");
    let has_ended = || fs::metadata(&recording).is_ok_and(|found| found.len() >= whole[1].len() as u64);
    let mut killed = 0;
    for _ in 0..40 {
        let mut child = start(&folder, &format!("{line} -o m.clione --record m.run"));
        while child.try_wait().unwrap().is_none() && !has_ended() {}
        child.kill().unwrap();
        child.wait().unwrap();
        if !folder.path("m.clione").exists() {
            killed += 1;
            folder.run(&format!("{line} -o m.clione --record m.run --resume")).succeeds_saying(&[]);
        }
        assert!([folder.read("m.clione"), folder.read("m.run")] == whole);
        for name in folder.names().iter().filter(|name| name.starts_with("m.") || name.starts_with(".m.")) {
            fs::remove_file(folder.path(name)).unwrap();
        }
        if killed == 3 {
            break;
        }
    }
    assert!(killed > 0, "no kill came between the end of the recording and the model");
}

#[test]
#[ignore = "takes minutes; `cargo xtask kills` runs it"]
fn three_hundred_kills_a_hundred_of_them_while_saving_lose_nothing() {
    let anywhere = kill_and_resume(NOW_AND_THEN, 100, Duration::from_millis(120), 3);
    let saving = kill_and_resume(ALWAYS, 200, Duration::from_millis(120), 4);
    let both = |count: fn(&Counts) -> usize| count(&anywhere) + count(&saving);
    println!(
        "{} kills, {} of them while saving; {} runs went on from a checkpoint, {} ended with the very bits",
        both(|counts| counts.kills),
        both(|counts| counts.while_saving),
        both(|counts| counts.resumes),
        both(|counts| counts.ends)
    );
    assert!(both(|counts| counts.while_saving) >= 100);
}
