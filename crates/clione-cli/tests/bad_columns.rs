//! Columns whose values are not what they seem: the built command names the value, or says what it made of the column.

mod support;

use std::fmt::Write;
use support::{Folder, houses, people, people_but};

/// The table of people with one more column in front: its name, and its value in a row counted from 0.
fn people_with(name: &str, value: impl Fn(usize) -> String) -> String {
    let mut table = String::new();
    for (at, line) in people().lines().enumerate() {
        let cell = if at == 0 { name.to_owned() } else { value(at - 1) };
        let _ = writeln!(table, "{cell},{line}");
    }
    table
}

/// Trains for an epoch on this table; the object that the command answers with.
fn trained(table: &str, flags: &str, says: &[&str]) -> serde_json::Value {
    let folder = Folder::with("people.csv", table);
    folder.run(&format!("train people.csv --epochs 1 --json {flags}")).succeeds_saying(says).json()
}

fn refused(table: &str, texts: &[&str]) {
    Folder::with("people.csv", table).refuses("train people.csv", 3, texts);
}

/// Fails when there is still a column to warn of with these flags.
fn is_settled_by(flags: &str, table: &str) {
    let answer = Folder::with("people.csv", table).run(&format!("train people.csv --epochs 1 {flags}"));
    let answer = answer.succeeds_saying(&[]);
    assert!(!answer.stderr.contains("warning: column"), "{}", answer.stderr);
}

#[test]
fn a_column_without_a_name_is_named_by_its_number() {
    // 19
    for name in ["", "  ", "\"\""] {
        let table = people().replacen("visits", name, 1);
        trained(&table, "", &["warning: columns without a name are named c2\n"]);
    }
}

#[test]
fn blanks_around_a_name_are_dropped_and_another_case_is_suggested() {
    // 20
    let table = people().replacen("age,visits,sex,bought", " age ,Visits,sex,\tbought ", 1);
    trained(&table, "--target bought", &["warning: blanks around column names are dropped: \" age \""]);
    Folder::with("people.csv", &table).refuses(
        "train people.csv --target visits",
        3,
        &["error: people.csv: no column \"visits\"\n", "did you mean \"Visits\"?\n"],
    );
}

#[test]
fn a_column_of_one_value_is_told_and_divides_nothing_by_0() {
    // 21
    let table = people_with("planet", |_| "3".to_owned());
    let found = trained(&table, "", &["warning: column \"planet\": every value is 3"]);
    assert!(found["validation_loss"].is_null() && found["epochs"][0]["validation_loss"].as_f64().unwrap().is_finite());
    is_settled_by("--ignore planet", &table);
    // A column that is constant among the rows to learn from may have another value later.
    let folder = Folder::with("people.csv", &table).and("later.csv", "planet,age,visits,sex\n4,20,1,f\n");
    folder.run("train people.csv --epochs 1 -o m.clione").succeeds_saying(&[]);
    let answer = folder.run("predict m.clione later.csv").succeeds_saying(&[]);
    assert!(!answer.stdout.to_lowercase().contains("nan"), "{}", answer.stdout);
}

#[test]
fn a_column_without_any_value_is_told_and_left_out() {
    // 22
    for nothing in ["", "NA"] {
        let found =
            trained(&people_with("empty", |_| nothing.to_owned()), "", &["column \"empty\" is empty: left out"]);
        assert_eq!(found["inputs"], 4);
    }
}

#[test]
fn a_column_of_names_is_suspected_to_be_an_id() {
    // 23
    let table = people_with("name", |row| format!("person {row}"));
    trained(&table, "", &["column \"name\": 60 different values in 60 rows; exclude it with --ignore 'name'"]);
    is_settled_by("--ignore name", &table);
}

#[test]
fn numbers_that_are_not_finite_are_told_from_those_that_are_too_large() {
    // 26
    let text =
        houses().replacen("\n53,", "\ninf,", 1).replacen("\n56,", "\n1e400,", 1).replacen("\n59,", "\n-Infinity,", 1);
    refused(
        &text,
        &[
            "error: people.csv:3:1: column \"size\": \"inf\" is not finite\n",
            "  people.csv:4:1: column \"size\": \"1e400\" is beyond the largest number, 1.8e308\n",
            "  people.csv:5:1: column \"size\": \"-Infinity\" is not finite\n",
            "  try: ",
        ],
    );
}

#[test]
fn whole_numbers_that_would_lose_digits_are_words() {
    // 27
    for first in [9_007_199_254_740_993_u128, 12_345_678_901_234_567_890] {
        let table = people_with("id", |row| (first + 1001 * row as u128).to_string());
        trained(&table, "", &["has more digits than a number keeps: read as words", "--ignore 'id'"]);
        is_settled_by("--ignore id", &table);
    }
}

#[test]
fn a_huge_range_is_scaled_or_told() {
    // 28
    let table = people_with("mass", |row| format!("1e{}", row as i32 % 25 - 12));
    let found = trained(&table, "", &[]);
    assert!(found["epochs"][0]["loss"].as_f64().unwrap() < 2.0);
    trained(&table, "--scaling unscaled", &["warning: column \"mass\" has values up to 1", "and is not scaled"]);
}

#[test]
fn a_few_words_among_numbers_are_shown_and_many_make_categories() {
    // 29
    let mut text = people();
    for (old, new) in [("\n25,", "\nold,"), ("\n39,", "\nyoung,")] {
        text = text.replacen(old, new, 1);
    }
    refused(
        &text,
        &[
            "error: people.csv:3:1: column \"age\": cannot read \"old\" as a number\n",
            "  people.csv:5:1: column \"age\": cannot read \"young\" as a number\n",
            "2 of 60 values in this column are not numbers\n",
            "  try: clione train people.csv -o model.clione --missing-values old,young\n",
        ],
    );
    // Ten are shown, the others counted.
    let text = people_with("level", |row| if row % 4 == 0 { "high".to_owned() } else { row.to_string() });
    refused(&text, &["people.csv:38:1: column \"level\": cannot read \"high\"", "  and 5 more\n"]);
    let text = people_with("level", |row| if row % 4 != 0 { format!("w{}", row % 3) } else { (row % 8).to_string() });
    trained(&text, "", &["column \"level\": 15 of 60 values are numbers: read as categories\n"]);
}

#[test]
fn words_of_yes_and_no_are_one_input_and_their_mixture_is_refused() {
    // 30
    for (no, yes) in [("0", "1"), ("false", "true"), ("no", "yes"), ("Nein", "Ja"), ("F", "T")] {
        let table = people_with("member", |row| [no, yes][row * 7 % 3 % 2].to_owned());
        assert_eq!(trained(&table, "", &[])["inputs"], 5, "{no} and {yes}");
    }
    let table = people_with("member", |row| ["true", "false", "yes", "no"][row % 4].to_owned());
    refused(&table, &["people.csv:4:1: column \"member\": mixes false/true with no/yes\n", "in one way\n"]);
    let table = people_with("member", |row| if row < 2 { ["true", "false"][row] } else { "1" }.to_owned());
    refused(&table, &["people.csv:4:1: column \"member\": mixes false/true with 0/1\n"]);
}

#[test]
fn a_date_is_never_a_category_of_its_own() {
    // 31
    let table = people_with("day", |row| format!("2024-{:02}-{:02}", 1 + row % 12, 1 + row % 28));
    let told = "column \"day\" holds dates: month, day, weekday go in; leave it out with --ignore 'day'\n";
    assert_eq!(trained(&table, "", &[told])["inputs"], 4 + 3);
    // Months may be words, and a short year that could be a day is asked for.
    let written = people_with("day", |row| format!("{} {} 2024", 1 + row % 28, ["March", "Apr"][row % 2]));
    assert_eq!(trained(&written, "", &[told])["inputs"], 4 + 3);
    let short = people_with("day", |row| format!("20-{:02}-{:02}", 1 + row % 12, 1 + row % 28));
    refused(
        &short,
        &[
            "error: people.csv:2:1: column \"day\": is \"20-01-01\" year or day first? all values fit both\n",
            "  --treat 'day=date(ymd)' if the year comes first\n",
            "--treat 'day=date(dmy)'\n",
        ],
    );
    assert_eq!(trained(&short, "--treat day=date(ymd)", &[])["inputs"], 4 + 3);
}

#[test]
fn categories_that_differ_in_case_or_blanks_are_told() {
    // 32
    let table = people_with("city", |row| ["Rome", "\"rome \"", "Bern"][row % 3].to_owned());
    trained(&table, "", &["warning: column \"city\": 'Rome' (20) and 'rome ' (20)"]);
}

#[test]
fn a_task_that_the_target_is_not_made_for_is_refused_with_the_other_one() {
    // 35
    let folder = Folder::with("people.csv", people()).and("houses.csv", {
        let mut table = String::from("size,price\n");
        (0..1000).for_each(|row| writeln!(table, "{},{}", row % 7, 1.37 * f64::from(row)).unwrap());
        table
    });
    folder.refuses(
        "train houses.csv --task classification",
        3,
        &[
            "error: target \"price\": more than 100 different numbers in 1,000 rows are too many classes\n",
            "  try: clione train houses.csv -o model.clione --task regression\n",
        ],
    );
    folder.refuses(
        "train people.csv --task regression",
        3,
        &[
            "error: people.csv:2:8: target \"bought\": \"no\" is not a number, and a regression predicts numbers\n",
            "  try: clione train people.csv -o model.clione --task classification\n",
        ],
    );
}

#[test]
fn a_share_that_leaves_no_rows_is_refused_with_one_that_leaves_some() {
    // 42
    let folder = Folder::with("few.csv", "x,y\n1,0.5\n2,1.5\n3,2.5\n4,0.25\n");
    folder.refuses(
        "train few.csv --validation 0.1",
        3,
        &[
            "error: few.csv: 10 % of 4 rows leave no validation rows\n",
            "  try: clione train few.csv -o model.clione --validation 0.",
        ],
    );
    folder.run("train few.csv --epochs 1 --validation 0.25").succeeds_saying(&["3 rows to learn from, 1 held back"]);
}

#[test]
fn rows_that_are_measured_on_though_they_were_learned_from_are_counted() {
    // 43
    let same: String = people().lines().take(6).map(|line| format!("{line}\n")).collect();
    let others = "age,visits,sex,bought\n500,1,f,yes\n501,2,m,no\n";
    let folder = Folder::with("people.csv", people()).and("same.csv", same).and("others.csv", others);
    let warning = "5 of 5 rows are among those to learn from as well";
    folder.run("train people.csv --epochs 1 --validation same.csv").succeeds_saying(&["warning: same.csv: ", warning]);
    let answer = folder.run("train people.csv --epochs 1 --validation others.csv").succeeds_saying(&[]);
    assert!(!answer.stderr.contains("as well"), "{}", answer.stderr);
}

#[test]
fn no_more_than_ten_findings_of_a_kind_are_shown() {
    let ragged: String = people().lines().map(|line| format!("{line},x\n")).collect();
    let ragged = ragged.replacen(",x\n", "\n", 1);
    refused(&ragged, &["people.csv:11: 5 cells found, 4 expected", "  and 50 more\n"]);
    let rows: String = (0..60).map(|row| format!("\"{},500\",{},{row}.5\n", 1 + row, row % 3)).collect();
    refused(
        &format!("income,b,y\n{rows}"),
        &[
            // 12
            "error: people.csv:2:1: column \"income\": cannot read \"1,500\" as a number\n",
            "60 of 60 values in this column have a thousands separator\n",
            "  and 50 more\n",
            "  try: clione train people.csv -o model.clione --thousands ','\n",
        ],
    );
    trained(&format!("income,b,y\n{rows}"), "--thousands ,", &[]);
    let ten_at_most = people_but(3, "old,1,f,no");
    assert!(!Folder::with("a.csv", ten_at_most).run("train a.csv").stderr.contains(" more"));
}

#[test]
fn all_rows_are_learned_from_where_none_are_to_be_held_back() {
    let folder = Folder::with("few.csv", "x,y\n1,2\n2,4\n3,6\n4,8\n");
    let answer = folder.run("train few.csv --epochs 2 --validation 0 -o all.clione");
    let answer = answer.succeeds_saying(&["4 rows to learn from, 0 held back"]);
    assert!(answer.stdout.contains("measured on 4 rows that it learned from"), "{}", answer.stdout);
    assert_eq!(folder.run("train few.csv --epochs 2 --validation 0 --json").json()["measured_on"], "training");
    let refused = folder.run("train few.csv --validation 0 --patience 3");
    assert_eq!(refused.code, 2);
    refused.says(&["early stopping watches the loss of held-out rows", "--validation 0.2"]);
}

#[test]
fn numbers_with_marks_of_their_own_are_named_for_what_they_are() {
    // 12
    for (mark, kind) in [("$%", "a currency"), ("€%", "a currency"), ("% kg", "a unit")] {
        let table = people_with("income", |row| mark.replace('%', &(row + 1).to_string()));
        refused(&table, &[&format!("60 of 60 values in this column have {kind}\n"), "--number 'income'"]);
        trained(&table, "--number income", &[]);
    }
    let table = people_with("income", |row| format!("{row} %"));
    refused(&table, &["60 of 60 values in this column have a percent sign\n", "--number 'income'"]);
    // 11
    let rows: String = (0..60).map(|row| format!("{},{};{};{row},5\n", row % 7, row % 10, row % 3)).collect();
    let table = format!("a;b;y\n{rows}");
    refused(
        &table,
        &[
            "error: people.csv:2:1: column \"a\": cannot read \"0,0\" as a number\n",
            "60 of 60 values in this column have a decimal comma\n",
            "  try: clione train people.csv -o model.clione --decimal ','\n",
        ],
    );
    let found = trained(&table, "--decimal ,", &["the delimiter is ';'\n"]);
    assert_eq!(found["inputs"], 2);
}

#[test]
fn a_column_with_a_comma_in_its_name_is_named_in_quotes() {
    let table = people().replacen("age,visits", "\"age, in years\",visits", 1);
    let folder = Folder::with("people.csv", &table);
    let run = |words: &[&str]| folder.run_words(&[&["train", "people.csv", "--epochs", "1", "--json"], words].concat());
    assert_eq!(run(&["--ignore", "\"age, in years\",visits"]).json()["inputs"], 2);
    assert_eq!(run(&["--treat", "\"age, in years\"=robust,visits=ignore"]).json()["inputs"], 3);
    let inspected = folder.run_words(&["inspect", "people.csv", "--ignore", "\"age, in years\"", "--json"]);
    assert_eq!(inspected.json()["columns"][0]["ignored"], true);
    let counts: String = (0..60).map(|row| format!("{row},{}\n", row % 2)).collect();
    let answer = Folder::with("t.csv", format!("\"row, of all\",y\n{counts}")).run("train t.csv --epochs 1");
    answer.succeeds_saying(&["exclude it with --ignore '\"row, of all\"'\n"]);
}

#[test]
fn rows_that_come_twice_in_one_table_are_counted_with_the_first_place() {
    // 43: also within one file.
    let measured = |row: usize| format!("{},{},{},{}", row * 37 % 101, row * 53 % 103, row * 71 % 107, row * 91 % 109);
    let rows: String = (0..80).map(|row| format!("{},{}\n", measured(row % 70), row % 2)).collect();
    let table = format!("a,b,c,d,y\n{rows}7,7,7,7,0\n7,7,7,7,1\n");
    let copies = "10 of 82 rows are copies of earlier ones (none by chance), the first in line 72 of line 2";
    trained(&table, "", &[&format!("warning: {copies}: figures on held-out rows may be too good; --drop-duplicates")]);
    let folder = Folder::with("t.csv", &table);
    let suspicions = folder.run("inspect t.csv --target y --json").json()["suspicions"].clone();
    let found = |name: &str| {
        let suspicions = suspicions.as_array().unwrap();
        suspicions.iter().find(|found| found["name"] == name).map(|found| found["evidence"][0].clone())
    };
    assert_eq!(found("duplicate-rows").unwrap(), copies);
    assert_eq!(
        found("contradictions").unwrap(),
        "1 of 82 rows with the inputs of an earlier one and another target, the first in line 83, as line 82"
    );
    let findings = folder.run("doctor t.csv --json --target y").json()["findings"].clone();
    assert!(findings.as_array().unwrap().iter().any(|found| found["name"] == "duplicate-rows"), "{findings}");
    // Few different rows are possible: that some are alike is their nature.
    assert_eq!(
        Folder::with("t.csv", people()).run("inspect t.csv --json").json()["suspicions"].as_array().unwrap().len(),
        0
    );
}
