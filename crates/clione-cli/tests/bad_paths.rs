//! Paths that lead nowhere or to something of value: nothing is trained for them, and nothing is lost.

mod support;

use std::fs;
use support::{Folder, people, people_and_model};

#[test]
fn a_missing_file_names_the_nearest_one_in_its_folder() {
    // 46
    let folder = people_and_model();
    folder.refuses("train peopel.csv", 5, &["error: peopel.csv: no such file\n", "did you mean people.csv?\n"]);
    folder.refuses(
        "predict people.clone people.csv",
        5,
        &["error: people.clone: no such file\n", "did you mean people.clione?"],
    );
    folder.refuses("evaluate people.clione peple.csv", 5, &["did you mean people.csv?"]);
    folder.refuses("show peoples.clione", 5, &["did you mean people.clione?"]);
    folder.refuses("train no/such.csv", 5, &["error: no/such.csv: no such file\n", "there is no folder no\n"]);
    folder.refuses("train --images i --labels l", 5, &["error: i: no such file\n"]);
}

#[test]
fn a_folder_where_a_file_is_due_shows_the_files_in_it() {
    // 47
    let folder = people_and_model();
    fs::create_dir(folder.path("data")).unwrap();
    fs::write(folder.path("data/a.csv"), people()).unwrap();
    let text = "error: data: is a folder, expected a file\n  it holds a.csv\n";
    folder.refuses("train data", 5, &[text]);
    folder.refuses("predict people.clione data", 5, &[text]);
    folder.refuses("predict data people.csv", 5, &[text]);
    folder.refuses("show data", 5, &[text]);
    folder.refuses("train --images data --labels data", 5, &[text]);
    folder.refuses("train people.csv -o data", 5, &["error: data: is a folder; the name of a file is expected\n"]);
    folder.refuses("train people.csv/x", 5, &["error: people.csv/x"]);
}

/// What stands on standard error once data were read: a refusal must come before that.
const READ: &str = "to learn from";

#[test]
fn a_place_that_cannot_be_written_is_refused_before_anything_is_read() {
    // 49
    let folder = people_and_model();
    for (line, texts) in [
        (
            "train people.csv -o people.clione",
            &[
                "error: people.clione: exists already and is not overwritten\n",
                "  try: clione train people.csv -o people.clione --force\n",
            ][..],
        ),
        (
            "train people.csv -o no/such/m.clione",
            &["error: no/such/m.clione: there is no folder no/such\n", "  try: mkdir -p no/such\n"],
        ),
        ("train people.csv -o people.csv/m.clione", &["people.csv is a file, not a folder"]),
        ("train people.csv -o /proc/m.clione", &["error: /proc/m.clione: cannot be written"]),
        ("predict people.clione people.csv -o people.clione", &["is the file that is read"]),
        ("predict people.clione people.csv -o no/p.csv", &["  try: mkdir -p no\n"]),
    ] {
        let code = if line.contains("predict people.clione people.csv -o people") { 2 } else { 5 };
        folder.refuses(line, code, texts);
        assert!(!folder.run(line).stderr.contains(READ), "{line}");
    }
}

#[test]
fn a_result_never_takes_the_place_of_its_own_data_even_when_forced() {
    // 49
    let folder = people_and_model();
    for line in [
        "train people.csv -o people.csv --force",
        "train people.csv -o ./people.csv --force",
        "predict people.clione people.csv -o people.csv --force",
        "predict people.clione people.csv -o people.clione --force",
    ] {
        folder.refuses(line, 2, &["is the file that is read", "it would be lost"]);
    }
}

#[test]
fn a_dash_is_standard_output_for_predictions_and_no_place_for_a_model() {
    let folder = people_and_model();
    let answer = folder.run("predict people.clione people.csv -o -").succeeds_saying(&[]);
    assert_eq!(answer.stdout.lines().count(), 61);
    folder.refuses("train people.csv -o -", 2, &["expected the name of a file\n"]);
}

#[test]
fn force_replaces_a_model_whole_and_leaves_nothing_else() {
    // 49
    let folder = people_and_model();
    let before = folder.read("people.clione");
    folder.run("train people.csv --epochs 2 -o people.clione --force").succeeds_saying(&["written to people.clione"]);
    assert_ne!(folder.read("people.clione"), before);
    folder.run("show people.clione").succeeds_saying(&[]);
    assert_eq!(fs::read_dir(folder.path("")).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn a_file_with_a_blank_in_its_name_is_quoted_in_the_remedy() {
    let folder = Folder::with("my people.csv", people().replace("age,visits", "age,age"));
    let answer = folder.run_words(&["train", "my people.csv"]);
    assert_eq!(answer.code, 3);
    answer.says(&["  try: clione train 'my people.csv' --rename-duplicates\n"]);
}
