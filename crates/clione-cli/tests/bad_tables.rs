//! Tables that are not as they should be: the built command names the place and the remedy, or says what it did.

mod support;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{Folder, gzip, houses, people, people_and_model, people_but, random_bytes};

/// Trains for an epoch on these bytes; the object that the command answers with.
fn trained(bytes: impl AsRef<[u8]>, flags: &str, says: &[&str]) -> serde_json::Value {
    let folder = Folder::with("people.csv", bytes);
    folder.run(&format!("train people.csv --epochs 1 --json {flags}")).succeeds_saying(says).json()
}

/// What the table of people comes to in an epoch, but for the time it took.
fn people_as_they_are() -> serde_json::Value {
    without_seconds(trained(people(), "", &[]))
}

fn without_seconds(mut object: serde_json::Value) -> serde_json::Value {
    object["seconds"] = 0.into();
    object
}

fn refused(bytes: impl AsRef<[u8]>, texts: &[&str]) {
    Folder::with("people.csv", bytes).refuses("train people.csv", 3, texts);
}

#[test]
fn a_file_without_rows_is_refused() {
    // 1
    refused("", &["error: people.csv: is empty (0 bytes)\n"]);
    refused("  \n \n", &["error: people.csv: holds only blanks (5 bytes)\n"]);
    // 2
    refused("a,b,c,d,e\n", &["error: people.csv: has a header (5 columns) but no rows\n", "--no-header"]);
}

#[test]
fn a_table_without_a_header_keeps_its_first_row() {
    // 3
    let rows: String = (0..60).map(|row| format!("{},{},{}\n", 10 + row, 100 + row * row % 13, row % 2)).collect();
    let found = trained(&rows, "", &["warning: no header: columns named c1..c3; --header to override"]);
    assert_eq!((&found["training_rows"], &found["rows"], &found["inputs"]), (&48.into(), &12.into(), &2.into()));
    let told = trained(&rows, "--header", &["47 rows to learn from"]);
    assert_eq!(told["training_rows"], 47);
}

#[test]
fn a_row_with_too_many_or_too_few_cells_is_shown_with_its_line() {
    // 4
    let text = people_but(7, "25,1,f,no,extra").replace("\n18,", "\n18\n18,");
    refused(
        &text,
        &[
            "error: people.csv:2: 1 cell found, 4 expected: \"18\"\n",
            "people.csv:8: 5 cells found, 4 expected: \"25,1,f,no,extra\"\n",
            "  try: clione train people.csv -o model.clione --skip-bad-rows\n",
        ],
    );
    let found = trained(people_but(7, "25,1,f,no,extra"), "--skip-bad-rows", &["warning: 1 row skipped"]);
    assert_eq!((&found["training_rows"], &found["rows"]), (&47.into(), &12.into()));
}

#[test]
fn a_delimiter_at_the_end_of_every_line_makes_no_column() {
    // 5
    let with_header = people().replace('\n', ",\n");
    let found =
        trained(with_header, "", &["warning: every line ends in a delimiter: the empty last column is dropped"]);
    assert_eq!(without_seconds(found), people_as_they_are());
    let rows_only = people().replace('\n', ",\n").replacen(",\n", "\n", 1);
    let found = trained(rows_only, "", &["warning: 60 rows end in a delimiter: the empty cell is dropped"]);
    assert_eq!(without_seconds(found), people_as_they_are());
}

#[test]
fn a_byte_order_mark_and_any_line_ends_change_nothing() {
    let as_they_are = people_as_they_are();
    // 6
    assert_eq!(without_seconds(trained(format!("\u{feff}{}", people()), "", &[])), as_they_are);
    // 9
    let mixed: String =
        people().lines().zip(["\r\n", "\r", "\n"].into_iter().cycle()).map(|(a, b)| format!("{a}{b}")).collect();
    for text in [people().replace('\n', "\r\n"), people().replace('\n', "\r"), mixed, people().trim_end().to_owned()] {
        assert_eq!(without_seconds(trained(text, "", &[])), as_they_are);
    }
}

#[test]
fn the_delimiter_is_found_or_the_right_one_is_named() {
    // 10
    let as_they_are = people_as_they_are();
    for (delimiter, note) in
        [(";", "the delimiter is ';'"), ("\t", "the delimiter is tab"), ("|", "the delimiter is '|'")]
    {
        assert_eq!(without_seconds(trained(people().replace(',', delimiter), "", &[note])), as_they_are);
    }
    Folder::with("people.csv", people().replace(',', ";")).refuses(
        "train people.csv --delimiter ,",
        3,
        &[
            "error: people.csv: with the delimiter ',' every row has one cell; did you mean --delimiter ';'?\n",
            "  try: clione train people.csv -o model.clione --delimiter ';'\n",
        ],
    );
}

#[test]
fn quotes_keep_delimiters_line_ends_and_quotes_and_lines_stay_right() {
    // 13
    let quoted = people().replace(",f,", ",\"f, \"\"or\"\"\nso\",").replace(",m,", ",\"m\",");
    assert_eq!(trained(&quoted, "", &[])["training_rows"], 48);
    let bad = "a,b\n1,2\n\"x\ny\",2\n3,\"4\n\",5\n";
    refused(bad, &["error: people.csv:5: 3 cells found, 2 expected"]);
}

#[test]
fn an_unclosed_quote_is_named_where_it_was_opened() {
    // 14
    refused(people_but(6, "30,2,\"f,no"), &["error: people.csv:6:6: this quote is never closed\n", "\"5\"\" pipe\""]);
}

#[test]
fn binary_files_and_other_formats_are_named_with_the_way_out() {
    // 15
    refused(
        b"a,b\n1,\0\n2,3\n",
        &["error: people.csv: binary at byte 6 (a zero byte), expected text\n", "1f 8b", "50 4b"],
    );
    // 16
    let utf16: Vec<u8> = people().encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, found, way_out) in [
        (
            &b"PK\x03\x04\x14\0\x06\0"[..],
            "is a zip file or a workbook (.xlsx), expected a table of text (CSV)",
            "save the sheet as CSV",
        ),
        (b"PAR1\x15\x04\x15\x10", "is a Parquet file", "duckdb"),
        (b"[{\"age\": 3}, {\"age\": 4}]", "is JSON", "jq"),
        (b"<!DOCTYPE html><html><body>", "is a web page", "download the table itself"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "is a Git LFS pointer", "git lfs pull"),
        (b"SQLite format 3\0\x10\0", "is an SQLite database", "sqlite3 -header -csv"),
        (b"\0\0\x08\x03\0\0\0\x01", "is an IDX file of images", "--images"),
        (&utf16, "is UTF-16 text", "iconv -f UTF-16"),
    ] {
        refused(bytes, &[&format!("error: people.csv: {found}"), "  try: ", way_out]);
    }
    let found = trained(gzip(people().as_bytes()), "", &["unpacked from gzip: "]);
    assert_eq!(without_seconds(found), people_as_they_are());
    let packed = gzip(people().as_bytes());
    refused(&packed[..packed.len() / 2], &["error: people.csv: damaged gzip file"]);
}

#[test]
fn text_in_another_encoding_is_named_with_its_place_and_the_way_out() {
    // 7
    let text = people();
    let marked = std::iter::once(0xfeff).chain(text.encode_utf16());
    for bytes in [
        marked.flat_map(u16::to_be_bytes).collect::<Vec<u8>>(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ] {
        refused(&bytes, &["error: people.csv: is UTF-16 text", "  try: iconv -f UTF-16 -t UTF-8 "]);
    }
    // 8
    let latin: Vec<u8> = people().replace(",f,", ",\u{e9}t\u{e9},").chars().map(|letter| letter as u8).collect();
    refused(
        &latin,
        &[
            "error: people.csv:2:6: byte 0xE9 is not UTF-8 text\n",
            "in Latin-1 (Windows-1252) it is 'é'\n",
            "  try: clione train people.csv -o model.clione --encoding latin1\n",
        ],
    );
    assert_eq!(trained(&latin, "--encoding latin1", &[])["training_rows"], 48);
}

#[test]
fn a_table_wider_than_the_limit_names_the_option() {
    // 44
    let row = |value: &str| [value; 60_000].join(",") + "\n";
    let names: Vec<String> = (0..60_000).map(|at| format!("c{at}")).collect();
    refused(
        names.join(",") + "\n" + &row("1") + &row("2"),
        &[
            "error: people.csv:1: 60,000 columns, at most 50,000 are read\n",
            "  try: clione train people.csv -o model.clione --column-limit 60000\n",
        ],
    );
    // A long line alone is no fault.
    let text = format!("word,bought\n{},yes\n", "x".repeat(3_000_000)) + &"y,no\nz,yes\n".repeat(30);
    assert_eq!(trained(text, "", &[])["training_rows"], 49);
    // One that is longer than any row is an answer too, with its place.
    let text = format!("word,bought\na,yes\n{},no\n", "x".repeat(65 << 20));
    refused(text, &["error: people.csv:3: a row of more than 67,108,864 bytes\n"]);
}

#[test]
fn a_file_that_changes_while_it_is_read_ends_in_an_answer() {
    // 45
    let folder = Folder::with("people.csv", people());
    let path = folder.path("people.csv");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let whole = people().repeat(2000);
            while !is_over.load(Ordering::Relaxed) {
                for length in [whole.len(), 0, 1000, whole.len() / 2] {
                    // Truncated, then written in pieces: the file shrinks and grows.
                    fs::write(&path, &whole[..length]).unwrap();
                }
                fs::remove_file(&path).unwrap();
            }
        });
        for _ in 0..30 {
            let code = folder.run("train people.csv --epochs 1 -q").code;
            assert!([0, 3, 5].contains(&code), "{code}");
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_target_that_is_not_there_names_the_one_that_was_meant_and_all_columns() {
    // 17
    Folder::with("people.csv", people()).refuses(
        "train people.csv --target bougt",
        3,
        &[
            "error: people.csv: no column \"bougt\"\n",
            "did you mean \"bought\"?\n",
            "columns: age, visits, sex, bought\n",
        ],
    );
}

#[test]
fn two_columns_of_one_name_are_refused_or_renamed() {
    // 18
    let text = people().replace("age,visits", "age,age");
    refused(
        &text,
        &[
            "error: people.csv:1: columns 1 and 2 are both named \"age\"\n",
            "  try: clione train people.csv -o model.clione --rename-duplicates\n",
        ],
    );
    trained(&text, "--rename-duplicates", &["warning: renamed: column 2 is \"age_2\""]);
}

#[test]
fn missing_values_are_counted_by_column_unless_something_stands_in() {
    // 24
    let mut text = people_but(5, "NA,4,f,yes");
    for (old, new) in [("\n25,2,", "\n?,,"), ("\n32,3,", "\nnull,3,"), ("\n46,5,", "\n-,nan,")] {
        text = text.replacen(old, new, 1);
    }
    refused(
        &text,
        &[
            "error: people.csv: 6 values missing in 2 columns\n",
            "column \"age\": 4 of 60 values\n",
            "column \"visits\": 2 of 60 values\n",
            "  try: clione train people.csv -o model.clione --missing median\n",
        ],
    );
    for choice in ["mean", "median", "mode"] {
        assert_eq!(trained(&text, &format!("--missing {choice}"), &[])["training_rows"], 48);
    }
    assert_eq!(trained(&text, "--missing indicator", &[])["inputs"], 6);
    assert_eq!(trained(&text, "--missing drop", &["left out: 4 rows with missing values"])["training_rows"], 45);

    let folder = Folder::with("people.csv", &text).and("later.csv", "age,visits,sex\n,3,f\n");
    folder.run("train people.csv --epochs 1 --missing median -o model.clione").succeeds_saying(&[]);
    let answer = folder.run("predict model.clione later.csv").succeeds_saying(&[]);
    assert_eq!(answer.stdout.lines().count(), 2);
    assert!(folder.run("show model.clione").stdout.contains("missing = \"median\""));
}

#[test]
fn a_row_without_a_target_is_never_taken_for_0() {
    // 25
    let text = houses().replacen("53,1,105077.5", "53,1,", 1).replacen("56,2,110154.5", "56,2,?", 1);
    refused(
        &text,
        &[
            "error: people.csv:3:6: target \"price\" has no value\n",
            "  people.csv:4:6: target \"price\" has no value\n",
            "  try: clione train people.csv -o model.clione --drop-missing-target\n",
        ],
    );
    let found = trained(&text, "--drop-missing-target", &["left out: 2 rows without a target"]);
    assert_eq!((&found["training_rows"], &found["rows"]), (&46.into(), &12.into()));
}

#[test]
fn a_class_that_comes_once_is_warned_of_and_a_single_class_is_nothing_to_learn() {
    // 33
    let once = people_but(6, "30,2,f,perhaps");
    let found =
        trained(once, "", &["warning: class 'perhaps' has 1 row: it cannot be in both training and validation"]);
    assert_eq!(found["rows"], 12);
    // 34
    refused(
        people().replace("yes", "no"),
        &["error: people.csv: target \"bought\": every row is \"no\": nothing to learn\n"],
    );
}

#[test]
fn a_category_that_was_not_in_training_is_refused_or_counted() {
    // 36
    let folder = people_and_model().and("later.csv", "age,visits,sex\n20,1,f\n30,2,x\n40,3,q\n50,4,m\n");
    folder.refuses(
        "predict people.clione later.csv",
        3,
        &[
            "error: later.csv:3:6: column \"sex\": \"x\" was not there in training; known: f, m\n",
            "  later.csv:4:6: column \"sex\": \"q\" was not there in training\n",
            "  try: clione predict people.clione later.csv --unknown other\n",
        ],
    );
    let answer = folder.run("predict people.clione later.csv --unknown other");
    let answer = answer.succeeds_saying(&["warning: column \"sex\": 2 values unknown, all of its inputs are 0 there"]);
    assert_eq!(answer.stdout.lines().count(), 5);
    folder.refuses(
        "predict people.clione later.csv --unknown othr",
        2,
        &["expected one of refuse, other", "did you mean other?"],
    );
}

#[test]
fn a_class_that_was_not_in_training_is_no_row_to_measure_on() {
    // 37
    let folder = people_and_model().and("later.csv", people_but(4, "40,2,m,perhaps"));
    folder.refuses(
        "evaluate people.clione later.csv",
        3,
        &[
            "error: later.csv:4:8: target \"bought\": no class \"perhaps\" in training; known: no, yes\n",
            "the figures would be wrong",
        ],
    );
}

#[test]
fn columns_in_another_order_are_found_by_their_names() {
    // 38
    let folder = people_and_model();
    let reordered: String =
        people().lines().map(|line| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n").collect();
    folder.write("later.csv", reordered);
    let usual = folder.run("predict people.clione people.csv").succeeds_saying(&[]);
    assert_eq!(usual.stderr, "");
    let warning = "warning: the columns come in another order than in training: matched by name";
    assert_eq!(folder.run("predict people.clione later.csv").succeeds_saying(&[warning]).stdout, usual.stdout);
    folder.run("evaluate people.clione later.csv").succeeds_saying(&[warning]);
}

#[test]
fn a_missing_column_is_named_and_an_extra_one_is_told() {
    // 39
    let folder = people_and_model().and("less.csv", "age,sex\n20,f\n").and("typo.csv", "age,visit,sex\n20,1,f\n");
    folder.refuses(
        "predict people.clione less.csv",
        3,
        &["error: less.csv: no column \"visits\", which the model needs\n", "columns: age, sex\n"],
    );
    folder.refuses(
        "predict people.clione typo.csv",
        3,
        &["no column \"visits\", which the model needs; is \"visit\" it?"],
    );
    let extra: String = people().lines().map(|line| format!("Rome,{line}\n")).collect();
    folder.write("extra.csv", extra.replacen("Rome", "city", 1));
    let warning = "warning: columns that the model does not know are ignored: city";
    let answer = folder.run("predict people.clione extra.csv").succeeds_saying(&[warning]);
    assert_eq!(answer.stdout, folder.run("predict people.clione people.csv").stdout);
}

#[test]
fn a_number_that_became_text_is_named_with_its_row_and_column() {
    // 40
    let folder = people_and_model().and("later.csv", "age,visits,sex\n20,1,f\nold,2,f\n");
    let text = "error: later.csv:3:1: column \"age\": cannot read \"old\" as a finite number, as it was in training\n";
    folder.refuses("predict people.clione later.csv", 3, &[text]);
    let answer = folder.run("predict people.clione later.csv");
    assert!(!answer.stderr.contains("--unknown"), "it would not help: {}", answer.stderr);
}

#[test]
fn too_few_rows_name_how_many_are_needed() {
    // 41
    refused("x,y\n1,a\n", &["error: people.csv: 1 row to learn from, at least 2 are needed\n"]);
    refused(
        "x,y\n1,a\n2,b\n",
        &[
            "error: people.csv: 20 % of 2 rows leave no validation rows\n",
            "at least 3 rows are needed for this share\n",
            "  try: clione train people.csv -o model.clione --validation 0.5\n",
        ],
    );
    refused(
        "x,y\n1,a\n2,b\n3,c\n",
        &["error: people.csv: 3 rows, each of a class of its own", "at least 2 rows of one class"],
    );
    let wide = "a,b,c,d,y\n1,2,3,4,0.5\n2,4,1,7,1.5\n3,1,1,2,2.5\n";
    trained(wide, "", &["warning: 3 rows for 4 input columns"]);
}

#[test]
fn bytes_of_any_kind_end_in_an_answer() {
    let folder = people_and_model();
    let mut table = people().into_bytes();
    for seed in 0..100 {
        let random = random_bytes(seed, 8 + seed as usize);
        folder.write("random.csv", &random);
        let place = usize::from(random[0]) * table.len() / 256;
        table[place] = random[1];
        folder.write("broken.csv", &table);
        for line in
            ["train random.csv --epochs 1 -q", "train broken.csv --epochs 1 -q", "predict people.clione broken.csv -q"]
        {
            let code = folder.run(line).code;
            assert!([0, 3].contains(&code), "{line}, seed {seed}: {code}");
        }
    }
}
