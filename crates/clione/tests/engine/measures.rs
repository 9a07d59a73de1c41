//! Metrics, intervals and linear models beside those of scikit-learn and SciPy.

use crate::support::frozen::{assert_close, numbers, read};
use clione::data::dataset::{Dataset, Matrix, Targets, Values};
use clione::train::answers::{Answers, ClassAnswers};
use clione::train::interval::{incomplete_beta, of_mean, of_share, t_quantile};
use clione::train::linear::Linear;
use clione::train::metric::{For, Metric, Outcome};
use clione::train::ranking::Ranking;
use serde_json::Value;

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("a list under {key}"))
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("a number under {key}"))
}

fn whole(values: &Value) -> Vec<u32> {
    numbers(values).into_iter().map(|number| number as u32).collect()
}

fn assert_metrics(kind: For, outcome: &Outcome<'_>, case: &Value) {
    for &metric in Metric::all().iter().filter(|metric| metric.is_for() == kind) {
        let what = format!("{} of {}", metric.name(), case["name"]);
        match (metric.value(outcome), case["values"][metric.name()].as_f64()) {
            (Some(found), Some(expected)) => assert_close(&[found], &[expected], 1e-12, &what),
            (found, expected) => assert_eq!(found, expected, "{what}"),
        }
    }
}

#[test]
fn metrics_are_those_of_scikit_learn() {
    let file = read("metrics/metrics.json");
    for case in list(&file, "classes") {
        let (probabilities, truth) = (numbers(&case["probabilities"]), whole(&case["truth"]));
        let classes = number(case, "classes") as usize;
        let answers = ClassAnswers::new(classes, &probabilities, truth);
        assert_metrics(For::Classes, &Outcome::Classes(&answers), case);
    }
    for case in list(&file, "numbers") {
        let (predictions, truth) = (numbers(&case["predictions"]), numbers(&case["truth"]));
        assert_metrics(For::Numbers, &Outcome::Numbers { predictions: &predictions, truth: &truth }, case);
    }
}

#[test]
fn curves_and_thresholds_are_those_of_scikit_learn() {
    let file = read("metrics/metrics.json");
    for case in list(&file, "classes").iter().filter(|case| case["roc"].is_array()) {
        let ranking = Ranking::of_class(1, 2, &numbers(&case["probabilities"]), &whole(&case["truth"]));
        let points: Vec<f64> = ranking.roc().iter().flat_map(|point| [point.x, point.y]).collect();
        assert_close(&points, &numbers(&case["roc"]), 1e-15, "the ROC curve");
        let (f1, balanced) = (ranking.best_f1().unwrap(), ranking.best_balanced().unwrap());
        let expected = [number(&case["best_f1"], "f1"), number(&case["best_balanced"], "balanced")];
        assert_close(&[f1.f1, balanced.balanced], &expected, 1e-14, "what the best thresholds reach");
        assert_eq!(f1.at, number(&case["best_f1"], "at"), "{}", case["name"]);
        if let Some(at) = case["best_balanced"]["at"].as_f64() {
            assert_eq!(balanced.at, at, "{}", case["name"]);
        }
    }
}

#[test]
fn quantiles_and_intervals_are_those_of_scipy() {
    let file = read("metrics/intervals.json");
    for case in list(&file, "beta") {
        let [a, b, x, share] = ["a", "b", "x", "share"].map(|key| number(case, key));
        assert_close(&[incomplete_beta(a, b, x)], &[share], 1e-12, &case.to_string());
    }
    for case in list(&file, "quantiles") {
        let found = t_quantile(number(case, "p"), number(case, "freedom") as usize);
        assert_close(&[found], &[number(case, "t")], 1e-10, &case.to_string());
    }
    for case in list(&file, "means") {
        let found = of_mean(&numbers(&case["values"]), number(case, "ratio"));
        assert_close(&[found.low, found.high], &[number(case, "low"), number(case, "high")], 1e-10, "a mean");
    }
    for case in list(&file, "shares") {
        let found = of_share(number(case, "right") as usize, number(case, "rows") as usize);
        assert_close(&[found.low, found.high], &[number(case, "low"), number(case, "high")], 1e-12, "a share");
    }
}

#[test]
fn linear_models_are_those_of_scikit_learn() {
    for entry in list(&read("linear/linear.json"), "entries") {
        let what = entry["name"].to_string();
        let (inputs, targets) = (numbers(&entry["inputs"]), numbers(&entry["targets"]));
        let rows = targets.len();
        let inputs = Matrix::new(rows, inputs.len() / rows, Values::F64(inputs));
        let targets = match entry["classes"].as_u64() {
            Some(classes) => Targets::Classes {
                numbers: whole(&entry["targets"]),
                names: (0..classes).map(|class| class.to_string()).collect(),
            },
            None => Targets::Values(Matrix::new(rows, 1, Values::F64(targets))),
        };
        let data = Dataset::new(inputs, targets).unwrap();
        let weights = entry["class_weights"].is_array().then(|| numbers(&entry["class_weights"]));
        let linear = Linear::fit_weighted(&data, weights.as_deref()).unwrap();
        assert_close(&linear.coefficients, &numbers(&entry["coefficients"]), 1e-8, &what);
        match linear.answers(&data) {
            Answers::Classes(answers) => {
                assert_close(
                    answers.probabilities().expect("few classes"),
                    &numbers(&entry["probabilities"]),
                    1e-8,
                    &what,
                );
            }
            Answers::Numbers { predictions, .. } => {
                assert_close(&predictions, &numbers(&entry["predictions"]), 1e-8, &what);
            }
        }
    }
}
