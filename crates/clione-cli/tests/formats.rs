//! The built command on tables of every format and of any length.

mod support;

use support::{Folder, gzip, people, people_and_model};

/// The people as objects, one a line.
fn people_as_objects() -> String {
    let text = people();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().expect("a header");
    let value = |cell: &str| if cell.parse::<f64>().is_ok() { cell.to_owned() } else { format!("\"{cell}\"") };
    let object = |cells: Vec<&str>| {
        let fields: Vec<String> =
            names.iter().zip(cells).map(|(name, cell)| format!("\"{name}\": {}", value(cell))).collect();
        format!("{{{}}}\n", fields.join(", "))
    };
    lines.map(object).collect()
}

/// Rows of numbers as NumPy writes them.
fn array(rows: usize, columns: usize, number: impl Fn(usize, usize) -> f64) -> Vec<u8> {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}\n");
    let mut bytes = [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
    for row in 0..rows {
        (0..columns).for_each(|column| bytes.extend(number(row, column).to_le_bytes()));
    }
    bytes
}

#[test]
fn a_table_gives_the_same_model_and_predictions_in_every_format() {
    let folder = Folder::with("people.csv", people())
        .and("people.jsonl", people_as_objects())
        .and("people.ndjson.gz", gzip(people_as_objects().as_bytes()));
    let loss = |file: &str| {
        let found = folder.run(&format!("train {file} --target bought --epochs 2 --json")).succeeds_saying(&[]).json();
        found["epochs"].clone()
    };
    let expected = loss("people.csv");
    assert_eq!((loss("people.jsonl"), loss("people.ndjson.gz")), (expected.clone(), expected));
    folder.run("train people.csv --target bought --epochs 2 -o model.clione").succeeds_saying(&[]);
    let predictions = |file: &str| folder.run(&format!("predict model.clione {file}")).succeeds_saying(&[]).stdout;
    assert_eq!(predictions("people.jsonl"), predictions("people.csv"));
}

#[test]
fn an_array_is_trained_on_and_its_rows_are_named() {
    let number = |row: usize, column: usize| if column == 2 { row as f64 } else { (row * (3 + column) % 17) as f64 };
    let folder = Folder::with("x.npy", array(60, 3, number));
    folder.run("train x.npy --epochs 2 -o model.clione").succeeds_saying(&[]);
    let predictions = folder.run("predict model.clione x.npy").succeeds_saying(&[]).stdout;
    assert_eq!(predictions.lines().count(), 61);
    folder.run("evaluate model.clione x.npy").succeeds_saying(&[]);
    let infinite = |row, column| if (row, column) == (16, 1) { f64::INFINITY } else { number(row, column) };
    folder.write("bad.npy", array(60, 3, infinite));
    folder.refuses(
        "train bad.npy -o bad.clione",
        3,
        &["error: bad.npy: row 17, column c2: column \"c2\": \"inf\" is not finite"],
    );
}

#[test]
fn a_long_table_is_predicted_block_by_block_as_a_short_one_is() {
    let folder = people_and_model();
    let (heading, rows) =
        people().split_once('\n').map(|(heading, rows)| (heading.to_owned(), rows.to_owned())).unwrap();
    let times = 8000;
    folder.write("long.csv", format!("{heading}\n{}", rows.repeat(times)));
    let short = folder.run("predict people.clione people.csv").succeeds_saying(&[]).stdout;
    let (heading, predictions) = short.split_once('\n').unwrap();
    let long = folder.run("predict people.clione long.csv").succeeds_saying(&[]).stdout;
    assert!(long == format!("{heading}\n{}", predictions.repeat(times)));
    folder.run("predict people.clione long.csv -o long.txt").succeeds_saying(&[]);
    assert!(folder.read("long.txt") == long.as_bytes());
    let object = folder.run("predict people.clione long.csv --json").succeeds_saying(&[]).json();
    assert_eq!(object["schema"], 1);
    assert_eq!(object["predictions"].as_array().unwrap().len(), 60 * times);
    // What is wrong far down leaves no file behind.
    folder.write("wrong.csv", format!("age,visits,sex,bought\n{}x\n", rows.repeat(times)));
    let answer = folder.run("predict people.clione wrong.csv -o wrong.txt");
    assert_eq!(answer.code, 3);
    answer.says(&["error: wrong.csv:480002: 1 cell found, 4 expected: \"x\""]);
    assert!(!folder.names().iter().any(|name| name.contains("wrong.txt")), "{:?}", folder.names());
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_parquet_file_names_the_build_that_reads_it() {
    let folder = Folder::with("x.parquet", b"PAR1\x15\x04");
    folder.refuses(
        "train x.parquet",
        3,
        &["error: x.parquet: is a Parquet file", "cargo install clione-cli --features parquet"],
    );
}

#[test]
fn a_row_that_has_no_prediction_keeps_its_place() {
    let folder = Folder::with("people.csv", people());
    folder.run("train people.csv --epochs 2 --missing drop -o m.clione").succeeds_saying(&[]);
    folder.write("later.csv", "age,visits,sex\n20,1,f\n,2,m\n30,3,m\n");
    let warning = "warning: no prediction for 1 row with missing values";
    let lines = folder.run("predict m.clione later.csv").succeeds_saying(&[warning]).stdout;
    assert_eq!(lines.lines().nth(2), Some(",,"), "{lines}");
    let found = folder.run("predict m.clione later.csv --json").json();
    assert_eq!(found["predictions"].as_array().unwrap().len(), 3);
    assert!(found["predictions"][1]["prediction"].is_null());
}

#[test]
fn a_number_that_no_network_can_take_is_named_with_its_place() {
    let folder = Folder::with("people.csv", people());
    folder.run("train people.csv --epochs 2 -o m.clione").succeeds_saying(&[]);
    folder.write("later.csv", "age,visits,sex\n20,1,f\n1e39,2,m\n");
    folder.refuses(
        "predict m.clione later.csv",
        3,
        &["error: later.csv:3:1: column \"age\": 1", "is too far from the values in training"],
    );
}
