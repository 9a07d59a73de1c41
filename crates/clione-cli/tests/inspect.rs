//! `clione inspect` as a person meets it: tables that training refuses are described, and JSON keeps its shape.

mod support;

use serde_json::json;
use support::{Folder, people};

#[test]
fn what_training_refuses_is_described_with_its_places() {
    let table = "day,income,size,y\n2024-01-02,100,,1.5\n2024-01-03,\"12,500\",7.5,2.5\n2024-01-04,300,8.5,inf\n";
    let folder = Folder::with("odd.csv", table);
    let shown = folder.run("inspect odd.csv --target y").succeeds_saying(&[]);
    let words = shown.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in ["3 rows, 4 columns, with a header; 1 value missing", "\"12,500\" (1) first in odd.csv:3:12"] {
        assert!(words.contains(text), "{text}\n{}", shown.stdout);
    }
    for headline in ["words among numbers", "numbers that are not finite", "dates", "missing values"] {
        assert!(shown.stdout.contains(headline), "{headline}\n{}", shown.stdout);
    }
    assert!(shown.stdout.contains("try: --thousands ','"), "{}", shown.stdout);
}

#[test]
fn a_healthy_table_is_shown_in_few_lines() {
    let shown = Folder::with("people.csv", people()).run("inspect people.csv --target bought");
    assert!(shown.stdout.ends_with("\nnothing looks wrong\n"), "{}", shown.stdout);
    assert!(shown.stdout.lines().count() < 12, "{}", shown.stdout);
    assert!(shown.stdout.contains("target (*): \"bought\", classification"), "{}", shown.stdout);
    assert!(shown.stdout.lines().all(|line| line.chars().count() <= 80), "{}", shown.stdout);
}

#[test]
fn the_object_has_the_fields_that_programs_read() {
    let folder = Folder::with("x.csv", "size,kind\n1,a\n2,b\n4,a\n,a\n");
    let object = folder.run("inspect x.csv --json").json();
    let keys: Vec<&String> = object.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["columns", "file", "header", "rows", "schema", "suspicions", "target", "task"]);
    let size = json!({
        "place": 1, "name": "size", "kind": "number", "ignored": false, "missing": 1, "distinct": 3,
        "numbers": {
            "count": 3, "least": 1.0, "lower_quartile": 1.5, "median": 2.0, "mean": object["columns"][0]["numbers"]["mean"],
            "upper_quartile": 3.0, "greatest": 4.0, "spread": object["columns"][0]["numbers"]["spread"], "far_out": 0,
            "histogram": [1, 0, 0, 1, 0, 0, 0, 0, 0, 1],
        },
        "frequent": [
            { "value": "1", "count": 1 }, { "value": "2", "count": 1 }, { "value": "4", "count": 1 },
        ],
    });
    assert_eq!(object["columns"][0], size);
    let missing = json!({
        "name": "missing", "headline": "missing values", "columns": ["size"],
        "evidence": ["\"size\": 1 of 4 rows (25.0 %)"],
        "advice": ["--missing median", "--missing indicator", "--missing drop"],
    });
    assert_eq!(object["suspicions"], json!([missing]));
}

#[test]
fn a_column_that_is_not_there_is_an_error() {
    let folder = Folder::with("people.csv", people());
    folder.refuses("inspect people.csv --target bougt", 3, &["did you mean \"bought\"?"]);
    folder.refuses("inspect absent.csv", 5, &["absent.csv"]);
}
