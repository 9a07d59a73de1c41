//! What `clione evaluate` says of a model: figures beside baselines, a closer look, and gates.

mod support;

use support::{Folder, houses, people_and_model};

#[test]
fn figures_stand_beside_those_of_a_linear_model_and_of_guessing() {
    let folder = people_and_model();
    let text = folder.run("evaluate people.clione people.csv").succeeds_saying(&[]).stdout;
    let head: Vec<&str> = text.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["model", "linear", "model", "always", "the", "most", "frequent"]);
    for part in [
        "true class (rows) against prediction (columns)",
        "threshold of p(yes), the best ones chosen on these rows",
        "calibration: p(yes), and how often it was so",
        "worst predictions",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");

    let object = folder.run("evaluate people.clione people.csv --json --importance").succeeds_saying(&[]).json();
    for (name, value) in object["metrics"].as_object().unwrap().iter().filter(|(name, _)| *name != "loss") {
        assert!(value.is_number() && object["baseline"][name].is_number(), "{name}");
        assert!(object["linear_model"][name].is_number(), "{name}");
    }
    assert_eq!(object["classes"][1]["name"], "yes");
    assert_eq!(object["classes"][1]["roc"][0], serde_json::json!([0.0, 0.0, null]));
    assert!(object["thresholds"]["best_f1"]["f1"].as_f64() >= object["thresholds"]["usual"]["f1"].as_f64());
    let rows: u64 = object["calibration"].as_array().unwrap().iter().map(|bin| bin["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, 60);
    assert_eq!(object["worst"].as_array().unwrap().len(), 10);
    assert!(object["worst"][0]["line"].as_u64().unwrap() > 1);
    assert_eq!(object["importance"].as_array().unwrap().len(), 3);
}

#[test]
fn numbers_are_looked_at_as_numbers() {
    let folder = Folder::with("houses.csv", houses());
    folder.run("train houses.csv --epochs 3 -o houses.clione").succeeds_saying(&[]);
    let text = folder.run("evaluate houses.clione houses.csv --importance").succeeds_saying(&[]).stdout;
    for part in ["prediction - truth", "missed by", "how much r2 falls", "median_absolute_error"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let object = folder.run("evaluate houses.clione houses.csv --json").succeeds_saying(&[]).json();
    assert_eq!(object["residuals"]["points"].as_array().unwrap().len(), 60);
    assert!(object["linear_model"]["r2"].as_f64().unwrap() > 0.99);
    assert!(object["classes"].is_null() && object["thresholds"].is_null());
}

#[test]
fn what_is_required_and_not_reached_is_exit_code_1_after_the_result() {
    let folder = people_and_model();
    let passed = folder.run("evaluate people.clione people.csv --require loss<100 --require recall(no)>=0");
    passed.succeeds_saying(&[]);
    let failed = folder.run("evaluate people.clione people.csv --require accuracy>1 --require loss<0 --json");
    assert_eq!(failed.code, 1);
    assert!(failed.json()["metrics"].is_object());
    failed.says(&[", but more than 1 is required\n", "measured on 60 rows; 95 % interval", "also: loss is"]);
    folder.refuses("evaluate people.clione people.csv --require acuracy>1", 2, &["did you mean `accuracy`?"]);
    let unknown = folder.run("evaluate people.clione people.csv --require recall(maybe)>0");
    assert_eq!(unknown.code, 2);
    unknown.says(&["there is no class \"maybe\"", "classes: no, yes"]);
}

#[test]
fn r2_of_one_row_is_undefined_in_text_and_json_and_reaches_nothing() {
    let folder = Folder::with("five.csv", "a,b,y\n1,2,3\n2,3,5\n3,4,7\n4,5,9\n5,6,11\n");
    let answer = folder.run("train five.csv --epochs 2 --cv 5 -o m.clione --require r2>=-100 --report page.html");
    assert_eq!(answer.code, 1);
    assert!(answer.stdout.matches("r2                     undefined").count() == 2, "{}", answer.stdout);
    answer.says(&["r2 is undefined on these rows, but at least -100 is required", "all targets are the same number"]);
    let page = String::from_utf8(folder.read("page.html")).unwrap();
    assert!(page.contains("undefined") && page.contains("r2 is undefined here"), "the page says so");
    folder.write("one.csv", "a,b,y\n1,2,3\n");
    let one = folder.run("evaluate m.clione one.csv --json --require r2>=-100");
    assert_eq!((one.code, &one.json()["metrics"]["r2"]), (1, &serde_json::Value::Null));
    let constant = folder.run_with_input("evaluate m.clione - --json", "a,b,y\n1,2,0.1\n2,3,0.1\n5,3,0.1\n");
    assert!(constant.json()["metrics"]["r2"].is_null() && constant.json()["metrics"]["rmse"].is_number());
}

#[test]
fn thirty_classes_with_long_names_have_figures_and_confused_pairs_within_80_columns() {
    let name = |class: usize| format!("Department of the Harbour and of Ferries, 東京 branch number {class}");
    let row = |row: usize| format!("{},{},\"{}\"\n", row * 37 % 101, row * 53 % 97, name(row * 7 % 30));
    let rows: String = (0..600).map(row).collect();
    let folder = Folder::with("many.csv", format!("letters,people,department\n{rows}"));
    let trained = folder.run("train many.csv --epochs 3 -o m.clione").succeeds_saying(&[]).stdout;
    let text = folder.run("evaluate m.clione many.csv").succeeds_saying(&[]).stdout;
    for text in [&trained, &text] {
        for part in ["each class against all others", "most confused classes", "taken for", "precision"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        // A letter of Chinese takes two columns; none of the others here does.
        let width = |line: &str| line.chars().map(|letter| if letter as u32 >= 0x2e80 { 2 } else { 1 }).sum::<usize>();
        assert!(text.lines().all(|line| width(line) <= 80), "{text}");
        assert!(text.lines().any(|line| line.starts_with("Department") && line.matches("0.").count() > 1), "{text}");
    }
    let object = folder.run("evaluate m.clione many.csv --json").succeeds_saying(&[]).json();
    assert_eq!(object["classes"].as_array().unwrap().len(), 30);
    let pairs = object["confusions"].as_array().unwrap();
    assert!(pairs.len() > 25 && pairs[0]["rows"].as_u64() >= pairs[1]["rows"].as_u64(), "{pairs:?}");
    let (truth, said) = (pairs[0]["truth"].as_u64().unwrap(), pairs[0]["said"].as_u64().unwrap());
    assert_eq!(object["confusion"][truth as usize][said as usize], pairs[0]["rows"]);
}

#[test]
fn class_weights_say_what_they_do_to_probabilities_and_weigh_the_linear_model_too() {
    let row = |i: usize| {
        format!("{},{},{}\n", i * 37 % 101, i * 53 % 97, if i * 37 % 101 + i * 29 % 60 > 130 { "yes" } else { "no" })
    };
    let rows: String = (0..600).map(row).collect();
    let folder = Folder::with("rare.csv", format!("a,b,fraud\n{rows}"));
    let plain = folder.run("train rare.csv --epochs 5 --json").succeeds_saying(&[]);
    assert!(!plain.stderr.contains("--class-weights:"), "{}", plain.stderr);
    let weighted = folder.run("train rare.csv --epochs 5 --class-weights balanced --json").succeeds_saying(&[
        "--class-weights: probabilities become those of rows weighted so, not of the rows as they come",
        "--threshold f1",
    ]);
    let linear = |object: serde_json::Value, metric: &str| object["linear_model"][metric].as_f64().unwrap();
    assert!(linear(weighted.json(), "balanced_accuracy") > linear(plain.json(), "balanced_accuracy") + 0.1);
    assert!(linear(weighted.json(), "log_loss") > linear(plain.json(), "log_loss"));
}
