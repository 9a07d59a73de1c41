//! What `clione predict` writes: predictions beside columns of the table, thresholds, digits; and the threshold that evaluate chooses.

mod support;

use std::fmt::Write;
use support::{Folder, houses, people, people_and_model};

/// Rows with an id, a name that needs quotes, and a rare answer that the two measures hint at.
fn loans() -> String {
    let mut table = String::from("id,name,income,debt,default\n");
    for row in 0..400_usize {
        let (income, debt) = (20 + row * 37 % 61, row * 53 % 47);
        let answer = if debt + row * 29 % 23 > income + 18 { "yes" } else { "no" };
        let _ = writeln!(table, "00{row},\"Doe, {row}\",{income},{debt},{answer}");
    }
    table
}

fn loans_and_model() -> Folder {
    let folder = Folder::with("loans.csv", loans());
    folder.run("train loans.csv --ignore id,name --epochs 40 -o loans.clione").succeeds_saying(&[]);
    folder
}

#[test]
fn columns_of_the_table_stand_in_front_of_the_predictions() {
    let folder = loans_and_model();
    let text = folder.run("predict loans.clione loans.csv --with id,name").succeeds_saying(&[]).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (401, "id,name,prediction,p(no),p(yes)"));
    assert!(lines[18].starts_with("0017,\"Doe, 17\","), "{}", lines[18]);
    let plain = folder.run("predict loans.clione loans.csv").succeeds_saying(&[]).stdout;
    for (with, plain) in lines.iter().zip(plain.lines()).skip(1) {
        assert!(with.ends_with(&format!(",{plain}")), "{with} and {plain}");
    }
    let all = folder.run("predict loans.clione loans.csv --append").succeeds_saying(&[]).stdout;
    let table = loans();
    for ((row, all), plain) in table.lines().zip(all.lines()).zip(plain.lines()) {
        assert_eq!(all, format!("{row},{plain}"));
    }
    let object = folder.run("predict loans.clione loans.csv --with id --json").succeeds_saying(&[]).json();
    assert_eq!(object["predictions"][17]["input"], serde_json::json!({ "id": "0017" }));
    folder.refuses("predict loans.clione loans.csv --with ident", 3, &["no column \"ident\""]);
    folder.write("said.csv", &plain);
    folder.write("named.csv", loans().replacen("name", "prediction", 1));
    folder.refuses(
        "predict loans.clione named.csv --append",
        2,
        &["called like one of the predictions", "--with id,income"],
    );
    folder.run("predict loans.clione named.csv --with id").succeeds_saying(&[]);
}

#[test]
fn predictions_of_a_long_table_keep_their_columns_in_every_block() {
    let folder = loans_and_model();
    let rows = loans();
    let (head, body) = rows.split_once('\n').unwrap();
    // Several blocks of a few megabytes.
    folder.write("long.csv", format!("{head}\n{}", body.repeat(700)));
    let text = folder.run("predict loans.clione long.csv --with id").succeeds_saying(&[]).stdout;
    assert_eq!(text.lines().count(), 280_001);
    let expected = body.lines().map(|row| row.split(',').next().unwrap()).cycle();
    for (line, id) in text.lines().skip(1).zip(expected) {
        assert!(line.starts_with(&format!("{id},")), "{line} for {id}");
    }
}

#[test]
fn numbers_have_the_digits_of_the_model_unless_all_are_asked_for() {
    let folder = Folder::with("houses.csv", houses()).and("people.csv", people());
    folder.run("train houses.csv --epochs 3 -o m32.clione").succeeds_saying(&[]);
    folder.run("train houses.csv --epochs 3 --precision f64 -o m64.clione").succeeds_saying(&[]);
    let numbers = |line: &str| -> Vec<String> {
        folder.run(line).succeeds_saying(&[]).stdout.lines().skip(1).map(str::to_owned).collect()
    };
    let (few, full) =
        (numbers("predict m32.clione houses.csv"), numbers("predict m32.clione houses.csv --digits full"));
    for (few, full) in few.iter().zip(&full) {
        assert!(few.len() <= 10 && few.len() <= full.len(), "{few} and {full}");
        assert_eq!(few.parse::<f32>().unwrap(), full.parse::<f64>().unwrap() as f32);
    }
    assert!(full.iter().any(|number| number.len() > 12), "{full:?}");
    assert_eq!(numbers("predict m64.clione houses.csv"), numbers("predict m64.clione houses.csv --digits full"));
    let three = numbers("predict m32.clione houses.csv --digits 3");
    assert!(three.iter().all(|number| number.ends_with("000") || number.len() <= 3), "{three:?}");
    let object = folder.run("predict m32.clione houses.csv --json").succeeds_saying(&[]).json();
    assert_eq!(object["predictions"][0]["prediction"].to_string().trim_end_matches(".0"), few[0]);
    folder.refuses("predict m32.clione houses.csv --digits 40", 2, &["expected a number from 1 to 17, or full"]);
}

#[test]
fn a_threshold_says_the_second_class_earlier_and_is_remembered_where_that_is_asked() {
    let folder = loans_and_model();
    let said = |line: &str| -> usize {
        let text = folder.run(line).succeeds_saying(&[]).stdout;
        text.lines().filter(|line| line.starts_with("yes,")).count()
    };
    let usual = said("predict loans.clione loans.csv");
    let early = said("predict loans.clione loans.csv --threshold 0.05");
    assert!(early > usual, "{early} and {usual}");
    assert_eq!(said("predict loans.clione loans.csv --threshold 0"), 400);

    let before = folder.read("loans.clione");
    let chosen = folder.run("evaluate loans.clione loans.csv --threshold f1 --json");
    let chosen = chosen.succeeds_saying(&["the best for f1", "other rows will reach a little less"]).json();
    let at = chosen["threshold"].as_f64().unwrap();
    assert_eq!(chosen["thresholds"]["best_f1"]["at"], at);
    assert_eq!(chosen["classes"][1]["f1"], chosen["thresholds"]["best_f1"]["f1"]);
    assert_eq!(folder.read("loans.clione"), before, "nothing is stored unless it is asked for");
    folder
        .run("evaluate loans.clione loans.csv --threshold f1 --save-threshold")
        .succeeds_saying(&["is stored in loans.clione"]);
    let probability = |line: &str| line.rsplit(',').next().unwrap().parse::<f32>().unwrap();
    let text = folder.run("predict loans.clione loans.csv").succeeds_saying(&[]).stdout;
    for line in text.lines().skip(1) {
        assert_eq!(line.starts_with("yes,"), probability(line) >= at as f32, "{line}");
    }
    let measured = folder.run("evaluate loans.clione loans.csv --json").succeeds_saying(&[]).json();
    assert_eq!((&measured["threshold"], &measured["confusion"]), (&chosen["threshold"], &chosen["confusion"]));
    let shown = folder.run("show loans.clione").succeeds_saying(&[]).stdout;
    assert!(shown.contains(&format!("'yes' is said from a probability of {at} on")), "{shown}");
    let source = folder.run("export loans.clione --to numpy").succeeds_saying(&[]).stdout;
    assert!(source.contains(&format!("CLASSES[int(numbers[1] >= {at})]")), "the exported source decides alike");
    let balanced =
        folder.run("evaluate loans.clione loans.csv --threshold balanced_accuracy --json").succeeds_saying(&[]);
    assert_eq!(
        balanced.json()["metrics"]["balanced_accuracy"],
        balanced.json()["thresholds"]["best_balanced"]["balanced"]
    );
}

#[test]
fn a_threshold_that_makes_no_sense_is_refused() {
    let folder = people_and_model().and("houses.csv", houses());
    folder.run("train houses.csv --epochs 2 -o houses.clione").succeeds_saying(&[]);
    for (line, says) in [
        ("predict people.clione people.csv --threshold 1.5", "expected a number from 0 to 1"),
        ("predict houses.clione houses.csv --threshold 0.5", "the model predicts numbers"),
        ("evaluate houses.clione houses.csv --threshold f1", "the model predicts numbers"),
        ("evaluate people.clione people.csv --threshold f2", "did you mean `f1`?"),
        ("evaluate people.clione people.csv --save-threshold", "--threshold"),
    ] {
        folder.refuses(line, 2, &[says]);
    }
}

#[test]
fn rows_without_a_target_are_left_out_of_the_measure_when_that_is_asked() {
    let folder = people_and_model();
    let lines: Vec<String> = people()
        .lines()
        .enumerate()
        .map(|(at, line)| if at % 6 == 3 { line.rsplit_once(',').unwrap().0.to_owned() + "," } else { line.to_owned() })
        .collect();
    folder.write("gaps.csv", lines.join("\n") + "\n");
    folder.refuses("evaluate people.clione gaps.csv", 3, &["has no value", "--drop-missing-target"]);
    let answer = folder
        .run("evaluate people.clione gaps.csv --drop-missing-target --json")
        .succeeds_saying(&["left out: 10 rows without a target"]);
    assert_eq!(answer.json()["rows"], 50);
    let none: Vec<String> = people()
        .lines()
        .enumerate()
        .map(|(at, line)| if at > 0 { line.rsplit_once(',').unwrap().0.to_owned() + "," } else { line.to_owned() })
        .collect();
    folder.write("none.csv", none.join("\n") + "\n");
    folder.refuses("evaluate people.clione none.csv --drop-missing-target", 3, &["has no value in any row"]);
}
