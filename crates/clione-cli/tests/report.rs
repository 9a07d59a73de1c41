//! Pages about models: every number is that of the JSON of the same run, and no file is lost for a page.

mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use support::{Folder, houses, people, people_and_model};

/// Every number of a page, by its key; one that stands there twice is the same both times.
fn figures(page: &str) -> BTreeMap<String, f64> {
    let mut figures = BTreeMap::new();
    for element in page.split("<data data-key=\"").skip(1) {
        let (key, rest) = element.split_once("\" value=\"").expect("a key is followed by its value");
        let value: f64 = rest.split_once('"').and_then(|(value, _)| value.parse().ok()).expect("a value is a number");
        assert_eq!(*figures.entry(key.to_owned()).or_insert(value), value, "{key}");
    }
    figures
}

/// The numbers of an object, by their paths.
fn numbers(value: &Value, path: &str, found: &mut BTreeMap<String, f64>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Number(number) => {
            found.insert(path.to_owned(), number.as_f64().expect("a number of 64 bits"));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| numbers(item, &below(&at.to_string()), found));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, field)| numbers(field, &below(name), found)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Numbers that a page draws or says in another way: curves, edges of bins, folds beside others, time, version.
fn is_drawn(key: &str) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    matches!(
        parts.as_slice(),
        ["classes", _, "roc" | "precision_recall", ..]
            | ["calibration", _, "above" | "to"]
            | ["residuals", "points", ..]
            | ["confusions", ..]
            | ["seconds"]
            | ["schema"]
            | ["cross_validation", "rows", ..]
            | ["cross_validation", "metrics", _, "baseline" | "linear_model"]
    )
}

/// Fails unless page and JSON say the same, but for numbers that the page alone has.
fn agree(page: &str, json: &Value, on_page_alone: &[&str]) {
    let figures = figures(page);
    let mut said = BTreeMap::new();
    numbers(json, "", &mut said);
    for (key, value) in &figures {
        match said.get(key) {
            Some(number) => assert_eq!(number.to_bits(), value.to_bits(), "{key}"),
            None => assert!(on_page_alone.contains(&key.as_str()), "{key} is not in the JSON"),
        }
    }
    for key in said.keys().filter(|key| !is_drawn(key)) {
        assert!(figures.contains_key(key), "{key} is not on the page");
    }
}

#[test]
fn every_number_of_a_page_is_that_of_the_json() {
    let folder = Folder::with("people.csv", people()).and("houses.csv", houses());
    for line in ["train people.csv --epochs 6 --cv 3", "train houses.csv --epochs 4 --seed 9 --patience 2"] {
        let answer = folder.run(&format!("{line} --json --report page.html --force")).succeeds_saying(&[]);
        let page = String::from_utf8(folder.read("page.html")).expect("a page is text");
        agree(&page, &answer.json(), &[]);
    }
}

#[test]
fn an_evaluation_has_a_page_too() {
    let folder = people_and_model();
    let answer = folder.run("evaluate people.clione people.csv --json --report page.html").succeeds_saying(&[]);
    let page = String::from_utf8(folder.read("page.html")).expect("a page is text");
    agree(&page, &answer.json(), &["training_rows", "inputs", "seed"]);
    assert!(page.contains("Predicting <b>bought</b> from people.csv") && page.contains("rows of the file"));
}

#[test]
fn a_page_replaces_no_file_unasked() {
    let folder = people_and_model().and("page.html", "mine");
    folder.refuses("train people.csv --epochs 1 --report page.html", 5, &["page.html: exists already", "--force"]);
    folder.refuses("evaluate people.clione people.csv --report page.html", 5, &["page.html: exists already"]);
    let lost = "is the file that is read";
    folder.refuses("train people.csv --epochs 1 --report people.csv", 2, &["--report people.csv:", lost]);
    folder.refuses("evaluate people.clione people.csv --report people.clione --force", 2, &["--report", lost]);
}
