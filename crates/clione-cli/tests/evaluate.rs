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
