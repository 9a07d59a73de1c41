//! What scikit-learn and pandas make of a table, frozen in `testdata/preprocessing`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "engine/support/frozen.rs"]
mod frozen;

use clione::cpu::Cpu;
use clione::data::date::DatePart;
use clione::data::prepare::{PreparedRows, prepare_rows};
use clione::data::schema::Schema;
use clione::data::treatment::{Fill, Missing, Treat, Treatment, Unknown};
use clione::prelude::*;
use clione::train::apply::{Prediction, predict};
use frozen::{assert_close, numbers, read};
use serde_json::Value;
use std::sync::Arc;

const TOLERANCE: f64 = 1e-12;

/// The table fitted on the first rows alone, with one of its columns (and those that are derived) as inputs.
fn prepared(golden: &Value, only: &str, change: impl FnOnce(&mut Choices)) -> PreparedRows {
    let text = golden["table"].as_str().unwrap().as_bytes().to_vec();
    let table = Table::from_bytes("golden.csv", text, &ReadOptions::default()).unwrap();
    let mut choices = Choices { only: vec![only.to_string()], ..Choices::default() };
    change(&mut choices);
    let schema = Schema::infer(&table, &choices).unwrap();
    let fitted = golden["fitted_rows"].as_u64().unwrap() as u32;
    let rows: Vec<u32> = (0..table.rows() as u32).collect();
    prepare_rows(&table, &schema, &choices, &rows[..fitted as usize], &[&rows]).unwrap()
}

/// One of the network's inputs in all rows of the table.
fn input(prepared: &PreparedRows, column: usize) -> Vec<f64> {
    let inputs = prepared.others[0].inputs();
    (0..inputs.rows()).map(|row| inputs.at(row, column)).collect()
}

#[test]
fn numbers_are_scaled_as_by_scikit_learn() {
    let golden = read("preprocessing/preprocessing.json");
    for &scaling in Treatment::OF_NUMBERS {
        let prepared = prepared(&golden, "amount", |choices| choices.scaling = scaling);
        let expected = numbers(&golden["numbers"][scaling.name()]);
        assert_close(&input(&prepared, 0), &expected, TOLERANCE, scaling.name());
    }
}

#[test]
fn gaps_are_filled_as_by_scikit_learn() {
    let golden = read("preprocessing/preprocessing.json");
    for (name, fill) in [("mean", "mean"), ("median", "median"), ("mode", "mode"), ("constant", "7.5")] {
        let prepared = prepared(&golden, "gap", |choices| {
            choices.scaling = Treatment::Unscaled;
            choices.fill = vec![("gap".to_string(), Fill::named(fill).unwrap())];
        });
        assert_close(&input(&prepared, 0), &numbers(&golden["fills"][name]), TOLERANCE, name);
    }
}

#[test]
fn words_are_encoded_as_by_scikit_learn() {
    let golden = read("preprocessing/preprocessing.json");
    let one_hot = prepared(&golden, "city", |_| {});
    let rows = golden["one_hot"].as_array().unwrap();
    for column in 0..3 {
        let expected: Vec<f64> = rows.iter().map(|row| row[column].as_f64().unwrap()).collect();
        assert_eq!(input(&one_hot, column), expected);
    }
    let ordinal = prepared(&golden, "size", |choices| {
        choices.treat = vec![("size".to_string(), Treat::named("ordinal(small<medium<large)").unwrap())];
    });
    assert_close(&input(&ordinal, 0), &numbers(&golden["ordinal"]), TOLERANCE, "ordinal");
}

#[test]
fn dates_have_the_parts_that_pandas_finds() {
    let golden = read("preprocessing/preprocessing.json");
    let prepared = prepared(&golden, "when", |_| {});
    let parts = &prepared.preprocessing.inputs[0].parts;
    assert_eq!(parts.len(), DatePart::all().len());
    for (column, fitted) in parts.iter().enumerate() {
        let found: Vec<f64> = input(&prepared, column).iter().map(|z| z * fitted.scale + fitted.shift).collect();
        let name = fitted.part.name();
        assert_close(&found, &numbers(&golden["dates"][name]), TOLERANCE, name);
    }
}

#[test]
fn distances_are_those_of_scikit_learn() {
    let golden = read("preprocessing/preprocessing.json");
    let prepared = prepared(&golden, "gap", |choices| {
        choices.scaling = Treatment::Unscaled;
        choices.missing = Missing::Mean;
        choices.derive = vec!["way = distance(lat, lon, 40.7128, -74.006)".to_string()];
    });
    assert_close(&input(&prepared, 1), &numbers(&golden["kilometres"]), TOLERANCE, "distance");
}

#[test]
fn logarithms_of_targets_have_the_mean_and_spread_of_numpy() {
    let golden = read("preprocessing/preprocessing.json");
    let target = prepared(&golden, "amount", |choices| choices.log_target = true).preprocessing.target;
    let expected =
        numbers(&Value::from(vec![golden["log_target"]["mean"].clone(), golden["log_target"]["scale"].clone()]));
    assert_close(&[target.mean, target.scale], &expected, TOLERANCE, "log target");
}

#[test]
fn a_saved_model_works_formulas_out_again_and_predicts_in_the_units_of_the_target() {
    let lines = (0..200).map(|row| {
        let (width, height) = (1 + row % 14, 1 + row * 7 % 9);
        format!("{width},{height},2019-03-{:02},{}\n", 1 + row % 28, (width * height) as f64 * 1000.0)
    });
    let text = format!("width,height,when,price\n{}", lines.collect::<String>());
    let table = Table::from_bytes("x.csv", text.into_bytes(), &ReadOptions::default()).unwrap();
    let recipe = Recipe {
        choices: Choices {
            log_target: true,
            derive: vec!["area = ln(width * height)".to_string()],
            only: vec!["when".to_string()],
            keep: vec!["price < 100000".to_string()],
            ..Choices::default()
        },
        layers: vec![8],
        fit: Fit { epochs: 150, learning_rate: 0.02, optimizer: Optimizer::named("adam").unwrap(), ..Fit::default() },
        ..Recipe::default()
    };
    let prepared = prepare(&table, &recipe.choices, recipe.validation.share(), &Rng::new(0)).unwrap();
    assert_eq!(prepared.preprocessing.feature_names(), ["when day", "when weekday", "area"]);
    let source = Source::Table(prepared.preprocessing);
    let run = recipe.train(source, &prepared.training, Some(&prepared.validation), &mut |_| Next::Continue).unwrap();
    let bytes = run.saved.to_bytes().unwrap();
    let saved = SavedModel::from_bytes("x.clione", &bytes).unwrap();
    let Source::Table(preprocessing) = &saved.source else { panic!("a table") };
    let later = b"height,width,when\n5,10,2019-03-11\n".to_vec();
    let later = Table::from_bytes("later.csv", later, &ReadOptions::default()).unwrap();
    let inputs = preprocessing.transform(&later, &[0], Unknown::Refuse).unwrap().inputs;
    let [Prediction::Number(price)] = predict(&saved, &inputs, &Arc::new(Cpu::new(1)))[..] else { panic!("a number") };
    assert!((price / 50_000.0 - 1.0).abs() < 0.1, "{price}");
    assert!(run.evaluation.value(Metric::R2).unwrap() > 0.95, "{:?}", run.evaluation.metrics);
}
