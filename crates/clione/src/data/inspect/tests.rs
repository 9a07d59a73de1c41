//! Tables with one fault each, and what is said of them.

use super::doubt::Doubt;
use super::*;
use crate::base::rng::{Purpose, Rng};
use crate::data::table::ReadOptions;
use std::fmt::Write;
use std::path::Path;

fn inspection(text: &str, target: Option<&str>) -> Inspection {
    let table = Table::from_bytes("x.csv", text.as_bytes().to_vec(), &ReadOptions::default()).unwrap();
    Inspection::of(&table, &Question { target: target.map(str::to_owned), ..Question::default() }).unwrap()
}

/// Two hundred measured rows; `more` gives the last column.
fn measured(name: &str, more: impl Fn(usize) -> String) -> String {
    let stream = Rng::new(1).stream(Purpose::Synthesize, 0, 0);
    let mut text = format!("length,{name}\n");
    for row in 0..200 {
        let _ = writeln!(text, "{:.3},{}", 10.0 + stream.uniform_at(row as u64), more(row));
    }
    text
}

fn doubts(text: &str, target: Option<&str>) -> Vec<&'static str> {
    inspection(text, target).suspicions.iter().map(|suspicion| suspicion.doubt.name()).collect()
}

#[test]
fn a_column_of_numbers_is_summed_up_as_numpy_does() {
    let text: String = [1, 2, 3, 4, 10].map(|number| format!("{number}.0,a\n")).concat();
    let inspection = inspection(&format!("x,y\n{text}"), None);
    let numbers = inspection.columns[0].numbers.unwrap();
    let found = [numbers.least, numbers.lower_quartile, numbers.median, numbers.mean, numbers.upper_quartile];
    assert_eq!(found, [1.0, 2.0, 3.0, 4.0, 4.0]);
    assert_eq!((numbers.greatest, numbers.count, numbers.histogram), (10.0, 5, [1, 1, 1, 1, 0, 0, 0, 0, 0, 1]));
    assert!((numbers.spread - 10f64.sqrt()).abs() < 1e-12);
    assert_eq!(inspection.columns[1].frequent[0], Frequent { value: "a".to_owned(), count: 5 });
}

#[test]
fn a_healthy_table_raises_no_doubt() {
    let stream = Rng::new(2).stream(Purpose::Synthesize, 0, 0);
    let text =
        measured("kind", |row| ["red", "green", "blue"][(stream.uniform_at(row as u64) * 3.0) as usize].to_owned());
    assert_eq!(doubts(&text, Some("kind")), [""; 0]);
    assert_eq!(doubts(&text, Some("length")), [""; 0]);
}

#[test]
fn every_fault_of_a_column_has_its_name() {
    let stream = Rng::new(3).stream(Purpose::Synthesize, 0, 0);
    let draw = |row: usize| stream.uniform_at(row as u64);
    let cases: &[(&str, &dyn Fn(usize) -> String)] = &[
        ("words-among-numbers", &|row| if row % 50 == 3 { "unknown".to_owned() } else { draw(row).to_string() }),
        ("not-finite", &|row| if row == 7 { "inf".to_owned() } else { draw(row).to_string() }),
        ("dates", &|row| format!("2019-03-{:02}", 1 + row % 28)),
        ("dates-as-numbers", &|row| format!("202303{:02}", 1 + row * 7 % 31)),
        ("missing", &|row| if row % 9 == 0 { String::new() } else { draw(row).to_string() }),
        ("sentinels", &|row| if row % 20 == 0 { "-999".to_owned() } else { draw(row).to_string() }),
        ("zeros-as-missing", &|row| {
            if row % 20 == 0 { "0".to_owned() } else { format!("{:.1}", 20.0 + 30.0 * draw(row)) }
        }),
        ("counter", &|row| row.to_string()),
        ("ids", &|row| (4000 + row * 7919 % 1000).to_string()),
        ("ids", &|row| format!("customer {}", row * 7919 % 1000)),
        ("spellings", &|row| ["north", "south", "South"][if row == 9 { 2 } else { row % 2 }].to_owned()),
        ("typos", &|row| ["north", "south", "sotuh"][if row == 9 { 2 } else { row % 2 }].to_owned()),
        ("outliers", &|row| if row == 9 { "1000".to_owned() } else { draw(row).to_string() }),
        ("cardinality", &|row| format!("street {}", (draw(row) * 60.0) as usize)),
        ("codes", &|row| ["9007199254740995", "18014398509481989"][row % 2].to_owned()),
        ("codes", &|row| format!("{:04}", row % 3)),
        ("ambiguous-dates", &|row| format!("{:02}/{:02}/2020", 1 + row % 12, 1 + row % 11)),
        ("constant-column", &|_| "5".to_owned()),
        ("almost-constant-column", &|row| if row == 9 { "b".to_owned() } else { "a".to_owned() }),
        ("scales", &|row| (draw(row) * 1e5).to_string()),
        ("empty", &|_| " ".to_owned()),
    ];
    for (name, more) in cases {
        let text = format!(
            "{},last\n{}",
            "length,column",
            measured("column", more).split_once('\n').unwrap().1.replace('\n', ",1.5\n")
        );
        let text = text.replace(",1.5\n", ",a\n").replacen(",a\n", ",b\n", 60);
        let mut found = doubts(&text, None);
        // What tells when a row was may order the rows.
        let tells_time = ["dates", "ambiguous-dates", "counter"].contains(name);
        assert_eq!(found.contains(&"time-order"), tells_time, "{name}");
        found.retain(|doubt| *doubt != "time-order");
        assert_eq!(found, [*name], "{}", text.lines().take(5).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn a_target_with_a_rare_class_or_a_heavy_tail_is_named() {
    let rare = measured("y", |row| if row % 40 == 0 { "ill" } else { "well" }.to_owned());
    assert_eq!(doubts(&rare, Some("y")), ["imbalance"]);
    assert_eq!(doubts(&rare, None), [""; 0]);
    let heavy = measured("y", |row| format!("{}.5", 1 + (row % 20).pow(4)));
    assert_eq!(doubts(&heavy, Some("y")), [""; 0]);
    let heavier =
        measured("y", |row| if row == 5 { "90000.5".to_owned() } else { format!("{}.5", 1 + row * 37 % 101) });
    assert_eq!(doubts(&heavier, Some("y")), ["heavy-tail"]);
}

#[test]
fn a_column_that_is_left_out_raises_no_doubt() {
    let table = Table::from_bytes("x.csv", measured("n", |row| row.to_string()).into_bytes(), &ReadOptions::default());
    let question = Question { ignore: vec!["n".to_owned()], ..Question::default() };
    let inspection = Inspection::of(&table.unwrap(), &question).unwrap();
    assert!(inspection.columns[1].ignored);
    assert_eq!(inspection.suspicions, []);
}

#[test]
fn a_suspicion_says_what_to_type() {
    let text =
        measured("blood sugar", |row| if row % 20 == 0 { "0".to_owned() } else { format!("{}.5", 70 + row % 60) });
    let inspection = inspection(&text, Some("length"));
    let zeros = inspection.suspicion(Doubt::Zeros).unwrap();
    assert_eq!(zeros.evidence, ["\"blood sugar\": 10 of 200 values are exactly 0, the next is 71.5"]);
    assert_eq!(zeros.advice, ["--zero-is-missing 'blood sugar' --missing median"]);
}

#[test]
fn real_tables_show_what_is_known_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let of = |file: &str, target: &str| {
        let table = Table::read(folder.join(file), &ReadOptions::default()).unwrap();
        Inspection::of(&table, &Question { target: Some(target.to_owned()), ..Question::default() }).unwrap()
    };
    let pima = of("tabular/pima-indians-diabetes.csv", "-1");
    assert_eq!(pima.suspicion(Doubt::Zeros).unwrap().columns, [1, 2, 3, 4, 5]);
    let cancer = of("tabular/breast_cancer_wdbc.csv", "Diagnosis");
    assert_eq!(cancer.suspicion(Doubt::Ids).unwrap().columns, [0]);
    let titanic = of("messy/titanic_train.csv", "Survived");
    assert_eq!(titanic.columns[titanic.suspicion(Doubt::Counter).unwrap().columns[0]].name, "PassengerId");
    assert_eq!(titanic.suspicion(Doubt::Missing).unwrap().columns.len(), 3);
    for file in ["iris.csv", "banknote_authentication.csv", "sonar.csv", "winequality-red.csv", "abalone.csv"] {
        let inspection = of(&format!("tabular/{file}"), "-1");
        println!("{file}: {:?}", inspection.suspicions);
    }
}
