//! What a cross-validation came to, as a table and as JSON.

use crate::commands::evaluate::figure;
use clione::data::findings::counted;
use clione::report::text::{Align, Table as TextTable};
use clione::train::cross_validate::{CrossValidated, Summary};
use clione::train::paired::Standing;
use serde_json::{Map, Value, json};

/// Each metric over all folds: its mean, how far folds differ, and where the true figure is, beside guessing and a linear
/// model.
pub fn folds_text(validated: &CrossValidated) -> String {
    let mut table = TextTable::new(&[
        ("", Align::Left),
        ("mean", Align::Right),
        ("± spread", Align::Right),
        ("95 % interval", Align::Right),
        ("linear model", Align::Right),
        ("guessing", Align::Right),
    ]);
    let number = figure;
    let mut add = |name: &str, summary: &Summary| {
        let interval = format!("{} … {}", number(summary.interval.low), number(summary.interval.high));
        let [linear, guess] = [summary.linear, summary.baseline].map(|value| value.map_or(String::new(), number));
        table.row([name.to_owned(), number(summary.mean), number(summary.deviation), interval, linear, guess]);
    };
    let mut notes = String::new();
    for (metric, summary) in validated.summaries() {
        add(metric.name(), &summary);
        let without = summary.values.iter().filter(|value| value.is_none()).count();
        if without > 0 {
            let folds = counted(summary.values.len(), "fold");
            let (name, reason) = (metric.name(), metric.undefined_where());
            notes.push_str(&format!("{name} is undefined in {without} of {folds}, where {reason}\n"));
        }
    }
    if let Some(summary) = validated.loss() {
        add("loss", &summary);
    }
    for metric in validated.undefined() {
        table.row([metric.name(), "undefined", "", "", "", ""]);
        notes.push_str(&format!("{} is undefined, since {} in a fold\n", metric.name(), metric.undefined_where()));
    }
    let models = counted(validated.folds.len(), "model");
    format!(
        "cross-validation {}: {models}, each measured on rows it has not seen\n{}{notes}",
        validated.choice.text(),
        table.text()
    )
}

/// The same as an object.
pub fn folds_json(validated: &CrossValidated) -> Value {
    let mut metrics = Map::new();
    let fields = |summary: &Summary| {
        json!({
            "mean": summary.mean,
            "deviation": summary.deviation,
            "low": summary.interval.low,
            "high": summary.interval.high,
            "baseline": summary.baseline,
            "linear_model": summary.linear,
            "values": summary.values,
        })
    };
    for (metric, summary) in validated.summaries() {
        metrics.insert(metric.name().to_owned(), fields(&summary));
    }
    for metric in validated.undefined() {
        metrics.insert(metric.name().to_owned(), Value::Null);
    }
    if let Some(summary) = validated.loss() {
        metrics.insert("loss".to_owned(), fields(&summary));
    }
    let rows: Vec<usize> = validated.folds.iter().map(|fold| fold.evaluation.rows).collect();
    let standing = validated.against_linear().map(Standing::name);
    json!({ "choice": validated.choice.text(), "rows": rows, "metrics": metrics, "against_linear_model": standing })
}
