//! Tests of `schema`.

use super::*;
use crate::data::table::ReadOptions;
use crate::data::treatment::by_column;

fn infer_with(text: &str, choices: &Choices) -> Result<Schema> {
    let table = Table::from_bytes("x.csv", text.as_bytes().to_vec(), &ReadOptions::default())?;
    Schema::infer(&table, choices)
}

fn infer(text: &str) -> Result<Schema> {
    infer_with(text, &Choices::default())
}

fn refusal(text: &str) -> Error {
    infer(text).unwrap_err()
}

/// A table of an input column x with these values, and a target that counts.
fn column(values: &[&str]) -> String {
    let rows = values.iter().enumerate().map(|(row, value)| format!("{value};{row}.5\n"));
    format!("x;y\n{}", rows.collect::<String>())
}

fn many(count: usize, value: impl Fn(usize) -> String) -> String {
    let values: Vec<String> = (0..count).map(value).collect();
    column(&values.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_missing_target_column_is_named_with_the_nearest() {
    let error = infer_with("size,price\n1,2\n3,5\n", &Choices { target: "pric".into(), ..Choices::default() });
    let error = error.unwrap_err();
    assert_eq!(error.headline(), "x.csv: no column \"pric\"");
    assert_eq!(error.notes(), ["did you mean \"price\"?", "columns: size, price"]);
}

#[test]
fn separators_currencies_and_units_are_errors_with_count_and_remedy() {
    let error = refusal(&column(&["12,500", "700", "1,200", "80"]));
    assert_eq!(error.headline(), "x.csv:2:1: column \"x\": cannot read \"12,500\" as a number");
    // Semicolons part the cells there, so that the comma is free to stand before decimals.
    assert_eq!(error.notes()[0], "2 of 4 values in this column have a decimal comma");
    assert!(error.to_string().ends_with("try: --decimal ','"), "{error}");
    let error = refusal(&column(&["1,212,500", "700", "1,200", "80"]));
    assert!(error.to_string().ends_with("try: --thousands ','"), "{error}");
    for (value, remedy) in [("9,15", "--decimal ','"), ("$5", "--number 'x'"), ("4 kg", "--number 'x'")] {
        let error = refusal(&column(&[value, value, value]));
        assert!(error.to_string().contains(remedy), "{error}");
    }
    let error = refusal(&column(&["12,500", "9,15", "80"]));
    assert!(error.to_string().ends_with("--decimal ','"), "{error}");
}

#[test]
fn decimal_commas_are_read_when_told() {
    let options = ReadOptions { decimal: ',', ..ReadOptions::default() };
    let table = Table::from_bytes("x.csv", b"a;b\n3,14;1,5\n2,7;2,5\n".to_vec(), &options).unwrap();
    let schema = Schema::infer(&table, &Choices::default()).unwrap();
    assert_eq!((schema.inputs[0].kind, schema.target.task), (Kind::Number, Task::Regression));
}

#[test]
fn a_few_words_among_numbers_are_errors_with_their_lines() {
    let error = refusal(&many(100, |row| if row % 7 == 3 { "oops".into() } else { row.to_string() }));
    assert_eq!(error.headline(), "x.csv:5:1: column \"x\": cannot read \"oops\" as a number");
    assert_eq!(error.notes()[0], "14 of 100 values in this column are not numbers");
    assert_eq!(error.notes()[9], "x.csv:68:1: column \"x\": cannot read \"oops\" as a number");
    assert_eq!(error.notes()[10], "and 4 more");
}

#[test]
fn a_few_numbers_among_words_are_categories_and_noted() {
    let schema = infer(&column(&["a", "b", "3", "a"])).unwrap();
    assert_eq!(schema.inputs[0].kind, Kind::Category);
    assert_eq!(schema.notes, ["column \"x\": 1 of 4 values are numbers: read as categories"]);
}

#[test]
fn infinite_and_too_large_numbers_are_told_apart() {
    assert_eq!(
        refusal(&column(&["1", "1e400"])).headline(),
        "x.csv:3:1: column \"x\": \"1e400\" is beyond the largest number, 1.8e308"
    );
    assert_eq!(
        refusal(&column(&["1", "-Infinity"])).headline(),
        "x.csv:3:1: column \"x\": \"-Infinity\" is not finite"
    );
}

#[test]
fn missing_values_are_counted_by_column_unless_a_treatment_is_chosen() {
    let text = "a,b,y\n1,,1.5\nNA,?,2.5\n3,x,3.5\n4,x,4.5\n";
    let error = refusal(text);
    assert_eq!(error.headline(), "x.csv: 3 values missing in 2 columns");
    assert_eq!(error.notes()[..2], ["column \"a\": 1 of 4 values", "column \"b\": 2 of 4 values"]);
    let choices = Choices { missing: Missing::Drop, ..Choices::default() };
    let schema = infer_with(text, &choices).unwrap();
    assert_eq!((schema.rows, schema.notes), (vec![2, 3], vec!["left out: 2 rows with missing values".to_string()]));
}

#[test]
fn a_usual_word_for_none_that_may_be_a_word_is_named() {
    let note = "\"NA\" in \"country\" counts as no value; where it is a word, add --missing-values ''";
    let error = refusal("country,y\nNA,1.5\nBW,2.5\nNA,3.5\nFR,4.5\nBW,5.5\nFR,6.5\n");
    assert!(error.notes().iter().any(|found| found == note), "{error}");
    let error = refusal("x,country\n1,NA\n2,BW\n3,NA\n4,FR\n5,BW\n");
    assert!(error.notes().iter().any(|found| found == note), "{error}");
    for text in ["country,y\n,1.5\nBW,2.5\nNA,3.5\nFR,4.5\nBW,5.5\nFR,6.5\n", "x,y\n1,NA\n2,4.5\n3,5.5\n"] {
        assert!(!refusal(text).to_string().contains("--missing-values"), "{text}");
    }
}

#[test]
fn zero_counts_as_missing_where_told() {
    let choices = Choices { zero_is_missing: vec!["x".into()], ..Choices::default() };
    let error = infer_with("x,y\n0,1.5\n2,3.5\n", &choices).unwrap_err();
    assert_eq!(error.notes()[0], "column \"x\": 1 of 2 values");
    let choices = Choices { zero_is_missing: vec!["x".into()], ..Choices::default() };
    assert_eq!(infer_with("x,y\na,1.5\nb,3.5\n", &choices).unwrap_err().exit_code(), 2);
}

#[test]
fn a_missing_target_is_an_error_or_its_row_is_dropped() {
    let text = "x,y\n1,2.5\n2,\n3,4.5\n";
    assert_eq!(refusal(text).headline(), "x.csv:3:3: target \"y\" has no value");
    let schema = infer_with(text, &Choices { drop_missing_target: true, ..Choices::default() }).unwrap();
    assert_eq!((schema.rows, schema.notes[0].as_str()), (vec![0, 2], "left out: 1 row without a target"));
    assert_eq!(refusal("x,y\n1,\n2,NA\n").headline(), "x.csv: target \"y\" has no value in any row");
}

#[test]
fn constant_empty_and_id_like_columns_are_warned_of() {
    let schema = infer("a,b,c,y\n7,,x,1.5\n7,,x,2.5\n7,,z,3.5\n").unwrap();
    assert_eq!(schema.inputs.len(), 2);
    assert!(schema.warnings[0].starts_with("column \"a\": every value is 7"));
    assert_eq!(schema.warnings[1], "column \"b\" is empty: left out");
    let schema = infer(&many(30, |row| format!("id{row}"))).unwrap();
    assert_eq!(schema.warnings, ["column \"x\": 30 different values in 30 rows; exclude it with --ignore 'x'"]);
    let schema = infer(&many(30, |row| (row + 100).to_string())).unwrap();
    assert_eq!(schema.warnings, ["column \"x\" counts the rows; exclude it with --ignore 'x'"]);
    let schema = infer(&many(3, |row| format!("9007199254740{}", 993 + 7 * row))).unwrap();
    assert!(schema.notes[0].contains("more digits than a number keeps: read as words"), "{:?}", schema.notes);
    assert_eq!(schema.inputs[0].kind, Kind::Category);
    let choices = Choices { ignore: vec!["1".into()], ..Choices::default() };
    assert!(infer_with("a,b\n1,2.5\n2,3.5\n", &choices).unwrap_err().headline().contains("no column is left"));
}

#[test]
fn yes_and_no_are_booleans_and_mixtures_errors() {
    let schema = infer(&column(&["Nein", "Ja", "ja"])).unwrap();
    assert_eq!((schema.inputs[0].kind, schema.inputs[0].words.join(" ").as_str()), (Kind::Boolean, "Nein Ja"));
    assert_eq!(
        refusal(&column(&["yes", "no", "true"])).headline(),
        "x.csv:4:1: column \"x\": mixes no/yes with false/true"
    );
    assert_eq!(refusal(&column(&["yes", "1", "0"])).headline(), "x.csv:3:1: column \"x\": mixes no/yes with 0/1");
    assert_eq!(infer(&column(&["f", "y", "t", "f"])).unwrap().inputs[0].kind, Kind::Category);
    assert_eq!(infer(&column(&["y", "n", "n", "y"])).unwrap().inputs[0].kind, Kind::Boolean);
}

#[test]
fn dates_are_never_categories() {
    let schema = infer(&column(&["2019-03-23 20:21:09", "2019-03-24 20:21:09"])).unwrap();
    assert_eq!((schema.inputs[0].kind, schema.inputs[0].treatment), (Kind::Date, Treatment::Date));
    let error = refusal(&column(&["2019-03-23", "2019-02-30", "soon", "2019-03-24"]));
    assert_eq!(error.headline(), "x.csv:3:1: column \"x\": cannot read \"2019-02-30\" as a date or a time (ymd)");
    assert_eq!(error.notes()[0], "x.csv:4:1: column \"x\": cannot read \"soon\" as a date or a time (ymd)");
    assert!(error.to_string().ends_with("--ignore 'x'"));
    assert!(refusal("x,y\n1,2019-01-01\n2,2019-01-02\n").headline().contains("looks like a date or a time"));
}

#[test]
fn days_and_months_are_told_apart_by_the_values_or_by_the_person() {
    let order = |text: &str, treat: &str| {
        let treat = by_column(treat, Treat::named).unwrap();
        infer_with(text, &Choices { treat, ..Choices::default() }).map(|schema| schema.inputs[0].day_order)
    };
    assert_eq!(order(&column(&["3/4/19", "3/23/19"]), ""), Ok(DayOrder::MonthFirst));
    let ambiguous = column(&["3/4/19", "3/5/19"]);
    let error = order(&ambiguous, "").unwrap_err();
    let headline = "x.csv:2:1: column \"x\": is \"3/4/19\" day or month first? all values fit both";
    assert_eq!((error.headline(), error.exit_code()), (headline, 3));
    assert!(error.to_string().ends_with("--treat 'x=date(mdy)'"));
    assert_eq!(order(&ambiguous, "x=date(dmy)"), Ok(DayOrder::DayFirst));
}

#[test]
fn spellings_that_differ_in_case_or_blanks_are_warned_of() {
    let schema = infer("x,y\nYes ,1.5\nYes,2.5\nmaybe,2\nyes,3\n").unwrap();
    assert_eq!(schema.warnings, ["column \"x\": 'Yes' (1) and 'Yes ' (1) and 'yes' (1): kept apart"]);
}

#[test]
fn a_header_that_was_read_as_a_row_is_suspected() {
    let text = "x,1\n2,3\n4,5\n";
    let error = refusal(text);
    assert_eq!(error.headline(), "x.csv:1:1: column \"c1\": cannot read \"x\" as a number");
    assert!(error.to_string().ends_with("try: --header"));
}

#[test]
fn the_task_follows_from_the_values() {
    let task = |values: &[&str]| {
        let rows: String = values.iter().cycle().take(values.len() * 5).map(|value| format!("1.5,{value}\n")).collect();
        let schema = infer(&format!("x,y\n{rows}")).unwrap();
        (schema.target.task, schema.task_reason, schema.target.classes.join(" "))
    };
    let (class, number) = (Task::Classification, Task::Regression);
    assert_eq!(task(&["0", "1"]).0, class);
    assert_eq!(
        task(&["1", "2", "3"]),
        (class, "3 whole numbers from 1 to 3: classification; --task regression to change".into(), "1 2 3".into())
    );
    assert_eq!(task(&["-1", "1.0"]).2, "-1 1");
    assert_eq!(
        task(&["3", "4", "5"]),
        (number, "3 whole numbers from 3 to 5: regression; --task classification to change".into(), String::new())
    );
    assert_eq!(task(&["0", "1", "3"]).0, number);
    assert_eq!(task(&["0.5", "1", "2"]).1, "numbers from 0.5 to 2: regression");
    assert_eq!(task(&["a", "b"]).1, "2 different words: classification");
    assert_eq!(task(&["no", "yes"]).2, "no yes");
}

#[test]
fn a_task_that_the_target_cannot_have_is_refused() {
    let rows: String = (0..300).map(|row| format!("1.5,{row}\n")).collect();
    let choices = Choices { task: Some(Task::Classification), ..Choices::default() };
    let error = infer_with(&format!("x,y\n{rows}"), &choices).unwrap_err();
    assert_eq!(error.headline(), "target \"y\": more than 100 different numbers in 300 rows are too many classes");
    assert!(error.to_string().ends_with("--task regression"));
    let choices = Choices { task: Some(Task::Regression), ..Choices::default() };
    let error = infer_with("x,y\n1,a\n2,b\n", &choices).unwrap_err();
    assert_eq!(error.headline(), "x.csv:2:3: target \"y\": \"a\" is not a number, and a regression predicts numbers");
    let rows: String = (0..30).map(|row| format!("1.5,name{row}\n")).collect();
    let error = refusal(&format!("x,y\n{rows}"));
    assert_eq!(error.headline(), "target \"y\": 30 different words in 30 rows are too many classes");
}

#[test]
fn a_target_that_never_changes_and_a_single_row_are_refused() {
    assert_eq!(refusal("x,y\n1,no\n2,no\n").headline(), "x.csv: target \"y\": every row is \"no\": nothing to learn");
    assert_eq!(
        refusal("x,y\n1,3.5\n2,3.5\n").headline(),
        "x.csv: target \"y\": every row is \"3.5\": nothing to learn"
    );
    assert_eq!(refusal("x,y\n1,no\n").headline(), "x.csv: 1 row to learn from, at least 2 are needed");
}

#[test]
fn unscaled_columns_of_large_numbers_are_warned_of() {
    let choices = Choices { scaling: Treatment::Unscaled, ..Choices::default() };
    let schema = infer_with("x,y\n1e12,1.5\n1e-12,2.5\n", &choices).unwrap();
    assert_eq!(schema.warnings, ["column \"x\" has values up to 1000000000000 and is not scaled"]);
}

#[test]
fn codes_are_categories_where_told() {
    let choices = Choices { categories: vec!["x".into()], ..Choices::default() };
    let schema = infer_with("x,y\n20,1.5\n60,2.5\nA/5,2\n20,3\n", &choices).unwrap();
    assert_eq!((schema.inputs[0].kind, schema.notes.len()), (Kind::Category, 0));
}
