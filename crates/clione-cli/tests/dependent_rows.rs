//! Rows that depend on each other: groups, times, copies; what figures on held-out rows say of them.

mod support;

use serde_json::Value;
use std::fmt::Write;
use support::{Folder, people};

/// A number below `below` that looks random.
fn dice(i: usize, below: usize) -> usize {
    let mut z = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((z ^ (z >> 27)) >> 20) as usize % below
}

/// Eighty patients with six rows each: eight measures that hardly change within a patient, and an answer that no measure tells.
fn patients() -> String {
    let mut table = String::from("patient,a,b,c,d,e,f,g,h,ill\n");
    for row in 0..480 {
        let patient = row * 7 % 80;
        let _ = write!(table, "p{patient}");
        for measure in 0..8 {
            let value = dice(100 * patient + measure, 1000) as f64 + dice(row * 8 + measure, 20) as f64 / 4.0;
            let _ = write!(table, ",{value}");
        }
        let _ = writeln!(table, ",{}", ["no", "yes"][dice(patient + 31, 2)]);
    }
    table
}

/// A random walk, and where it was three steps before.
fn walk(rows: usize) -> String {
    let mut heights = vec![50.0_f64];
    for row in 1..rows {
        heights.push(heights[row - 1] + dice(row, 200) as f64 / 100.0 - 1.0);
    }
    let day = |row: usize| format!("20{:02}-{:02}-{:02}", 10 + row / 336, 1 + row / 28 % 12, 1 + row % 28);
    let line = |row: usize| format!("{},{},{},{:.3}\n", row + 1, day(row), dice(row * 3, 100), heights[row]);
    std::iter::once("No,day,noise,height\n".to_owned()).chain((0..rows).map(line)).collect()
}

fn number(object: &Value, path: &str) -> f64 {
    let value = path.split('.').fold(object, |value, key| &value[key]);
    value.as_f64().unwrap_or_else(|| panic!("{path} in {object}"))
}

#[test]
fn random_labels_of_patients_are_learned_by_heart_unless_patients_are_kept_together() {
    let folder = Folder::with("patients.csv", patients());
    let random = folder.run("train patients.csv --epochs 60 --json").succeeds_saying(&[
        "column \"patient\": 80 values in 480 rows, each with one target in all of its rows",
        "--group patient keeps these together",
    ]);
    assert!(number(&random.json(), "metrics.accuracy") > 0.95);
    let grouped = folder.run("train patients.csv --group patient --epochs 60 --cv 5x2 --json");
    let grouped = grouped.succeeds_saying(&["80 groups of \"patient\": each is on one side of every split"]);
    assert!(!grouped.stderr.contains("keeps these together"), "{}", grouped.stderr);
    let object = grouped.json();
    let accuracy = number(&object, "cross_validation.metrics.accuracy.mean");
    assert!((0.35..0.65).contains(&accuracy), "{accuracy}");
    assert_eq!(object["inputs"], 8, "the group itself is no input");
    assert_eq!((number(&object, "training_rows"), number(&object, "rows")), (384.0, 96.0));
    folder.run("inspect patients.csv --target ill").succeeds_saying(&[]).stdout.contains("try: --group patient");
}

#[test]
fn groups_hold_for_the_test_part_early_stopping_the_doctor_and_the_recipe() {
    let folder = Folder::with("patients.csv", patients());
    let train = "train patients.csv --group patient --test 0.2 --patience 5 --epochs 30 -o m.clione --json";
    let object = folder.run(train).succeeds_saying(&[]).json();
    // Whole patients, six rows each, as near to the shares as they come.
    let (rows, learned) = (number(&object, "rows"), number(&object, "training_rows"));
    assert!(rows == 96.0 && (276.0..=300.0).contains(&learned) && learned % 6.0 == 0.0, "{rows} and {learned}");
    assert!(number(&object, "metrics.accuracy") < 0.75, "{object}");
    let recipe = folder.run("show m.clione --recipe").succeeds_saying(&[]).stdout;
    assert!(recipe.contains("group = \"patient\""), "{recipe}");
    folder.write("again.toml", recipe);
    folder.run("train --recipe again.toml -o again.clione").succeeds_saying(&[]);
    assert_eq!(folder.read("m.clione"), folder.read("again.clione"));
    folder.run("doctor patients.csv --group patient --run --epochs 5").succeeds_saying(&[]);
    folder.run("train patients.csv --group patient --find-learning-rate").succeeds_saying(&["80 groups"]);
    folder.write("others.csv", patients().lines().take(241).collect::<Vec<_>>().join("\n") + "\n");
    folder
        .run("train patients.csv --group patient --test others.csv --epochs 2")
        .succeeds_saying(&["are of groups of \"patient\" that are learned from as well"]);
}

#[test]
fn a_walk_is_known_between_its_neighbours_and_not_beyond_its_end() {
    let folder = Folder::with("walk.csv", walk(1200));
    let random = folder.run("train walk.csv --target height --epochs 60 --json").succeeds_saying(&[
        "column \"No\": numbers that rise from row to row, and targets go with those before them",
        "--time No holds the last ones out",
    ]);
    assert!(number(&random.json(), "metrics.r2") > 0.8);
    for column in ["No", "day"] {
        let line = format!("train walk.csv --target height --ignore day --time {column} --epochs 60 --cv 4 --json");
        let answer = folder.run(&line).succeeds_saying(&[&format!("rows in the order of \"{column}\"")]);
        let object = answer.json();
        assert!(number(&object, "metrics.r2") < 0.3, "{object}");
        assert_eq!(object["cross_validation"]["rows"], serde_json::json!([240, 240, 240, 240]));
        // The last fifth of the rows, in the order of the file: their lines.
        assert!(object["worst"].as_array().unwrap().iter().all(|row| row["line"].as_u64().unwrap() > 961), "{object}");
        let inputs = if column == "No" { 1 } else { 2 };
        assert_eq!(object["inputs"], inputs);
    }
    let text = folder.run("inspect walk.csv --target height").succeeds_saying(&[]).stdout;
    assert!(text.contains("targets that go on from row to row") && text.contains("--time No"), "{text}");
}

#[test]
fn what_cannot_be_split_by_a_column_says_why() {
    let folder = Folder::with("walk.csv", walk(120)).and("people.csv", people());
    for (line, code, says) in [
        ("train walk.csv --target height --group No --time day", 2, "by --group or by --time, not by both"),
        ("train walk.csv --target height --time height", 2, "cannot be the target and --time"),
        ("train walk.csv --target height --time No --cv 5x3", 2, "every repeat is the same"),
        ("train people.csv --group sex --cv 3", 3, "3 folds for 2 groups"),
        ("train people.csv --time sex", 3, "cannot read \"f\" as a date or a number"),
        ("train people.csv --group patient", 3, "no column \"patient\""),
    ] {
        folder.refuses(line, code, &[says]);
    }
    let gap = walk(120).replace("\n60,", "\n,");
    folder.write("gap.csv", gap);
    folder.refuses(
        "train gap.csv --target height --ignore day --time No",
        3,
        &["when was this row?", "--fill No=drop"],
    );
    folder
        .run("train gap.csv --target height --ignore day --time No --fill No=drop --epochs 2")
        .succeeds_saying(&["left out: 1 row without a value in \"No\""]);
}

#[test]
fn every_row_four_times_is_named_as_that_and_not_as_leaking_columns() {
    let row = |i: usize| {
        format!(
            "{}.{},{}.{},{}\n",
            dice(i, 100),
            dice(i + 500, 1000),
            dice(i * 3, 100),
            dice(i + 900, 1000),
            ["u", "v"][dice(i + 77, 2)]
        )
    };
    let once: String = (0..80).map(row).collect();
    let folder = Folder::with("four.csv", format!("a,b,y\n{}", once.repeat(4)));
    let answer = folder.run("train four.csv --epochs 2 --json").succeeds_saying(&[
        "every row comes 4 times: 80 different ones in 320 rows",
        "--drop-duplicates leaves copies out",
    ]);
    assert!(!answer.stderr.contains("was it made from the target?"), "{}", answer.stderr);
    let text = folder.run("inspect four.csv --target y").succeeds_saying(&[]).stdout;
    assert!(text.contains("every row comes 4 times") && text.contains("--drop-duplicates"), "{text}");
    assert!(!text.contains("give the target away"), "{text}");
    let dropped = folder
        .run("train four.csv --drop-duplicates --epochs 2 --json")
        .succeeds_saying(&["left out: 240 rows that are copies of earlier ones"]);
    assert_eq!(number(&dropped.json(), "training_rows") + number(&dropped.json(), "rows"), 80.0);
    assert!(!dropped.stderr.contains("every row comes"), "{}", dropped.stderr);
}
