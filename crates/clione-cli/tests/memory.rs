//! Memory: what cannot be held is refused by its parts, many classes take little, and predictions the same however many.

mod support;

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::{Folder, people, people_and_model};

/// The most memory that a command took in this folder, in bytes; none where the system does not tell.
fn peak(folder: &Folder, line: &str) -> Option<u64> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_clione"))
        .args(line.split_whitespace())
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().expect("its state is known").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kilobytes =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
        peak = kilobytes.map(|kilobytes: u64| kilobytes * 1024).or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().expect("it has ended").success(), "{line}");
    peak
}

/// A table with this many rows of so many classes.
fn classes(rows: usize, classes: usize) -> String {
    let mut table = String::from("a,b,y\n");
    for row in 0..rows {
        let _ = writeln!(table, "0.{},0.{},c{}", row * 7919 % 10007, row * 104_729 % 10009, row % classes);
    }
    table
}

#[test]
fn thousands_of_classes_take_memory_that_grows_with_rows_plus_classes() {
    let folder = Folder::with("many.csv", classes(9000, 3000));
    let train = "train many.csv --layers 4 --epochs 1 --threads 1 -o many.clione --report page.html";
    // The probabilities of the rows held out alone would be 43 MB, a square of all pairs of classes 72 MB.
    if let Some(peak) = peak(&folder, train) {
        assert!(peak < 100 << 20, "{peak} bytes");
    }
    let answer = folder.run("evaluate many.clione many.csv --json");
    let object = answer.json();
    assert_eq!(object["classes"].as_array().map(Vec::len), Some(3000), "{}", answer.stderr);
    assert!(object["confusion"].is_null() && object["confusions"].is_array());
    let predicted = folder.run("predict many.clione many.csv").succeeds_saying(&[]).stdout;
    assert_eq!(predicted.lines().count(), 9001);
    assert!(predicted.lines().all(|line| line.matches(',').count() == 3000));
}

#[test]
fn a_run_that_needs_more_than_may_be_used_is_refused_with_its_parts() {
    let folder = Folder::with("people.csv", people());
    folder.refuses(
        "train people.csv --layers 1000000,1000000",
        2,
        &[
            "error: training a network of 4 inputs and 1 output needs 24.0 TB of memory, but ",
            "parameters 4.0 TB",
            "adamw 8.0 TB",
            "--layers 32,16",
        ],
    );
    folder.refuses(
        "train people.csv --layers 2000,2000 --memory 50M",
        2,
        &["of memory, but 50.0 MB may be used", "gradients 16.1 MB", "--memory"],
    );
    folder.refuses("train people.csv --memory much", 2, &["expected a number of bytes, such as 500M or 8G"]);
    folder.refuses("train people.csv --memory 100", 3, &["need ", "of memory, but 100 bytes may be used"]);
}

#[test]
fn a_model_that_needs_more_than_may_be_used_is_refused_by_every_command() {
    let folder = people_and_model();
    for verb in [
        "predict people.clione people.csv",
        "evaluate people.clione people.csv",
        "show people.clione",
        "explain people.clione people.csv --row 1",
        "check people.clione people.csv",
        "export people.clione --to c",
    ] {
        folder.refuses(&format!("{verb} --memory 2k"), 2, &["of memory, but 2.0 kB may be used", "parameters "]);
    }
}

/// An array of two columns of numbers as NumPy writes it.
fn array(rows: usize) -> Vec<u8> {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, 2), }}");
    let header = format!("{header:<117}\n");
    let mut bytes = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
    (0..2 * rows).for_each(|number| bytes.extend(((number % 1009) as f64 / 1009.0).to_le_bytes()));
    bytes
}

#[test]
fn predictions_take_the_same_memory_however_many_rows_there_are() {
    let text = |rows: usize| {
        let row = |row: usize| format!("0.{},0.{}\n", row * 7919 % 10007, row * 104_729 % 10009);
        (0..rows).fold("a,b\n".to_owned(), |text, number| text + &row(number))
    };
    let folder =
        Folder::with("learn.csv", classes(60, 3)).and("few.npy", array(600_000)).and("many.npy", array(1_800_000));
    let folder = folder.and("few.csv", text(600_000)).and("many.csv", text(1_800_000));
    folder.run("train learn.csv --epochs 1 -o m.clione --force").succeeds_saying(&[]);
    for kind in ["csv", "npy"] {
        for flags in ["", " --json"] {
            let of = |rows: &str| peak(&folder, &format!("predict m.clione {rows}.{kind} --threads 1{flags}"));
            let (Some(few), Some(many)) = (of("few"), of("many")) else { return };
            assert!(
                many < few + (8 << 20),
                "{kind}{flags}: {few} bytes for 600,000 rows, {many} for three times as many"
            );
        }
    }
}
