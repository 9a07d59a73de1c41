//! A row's journey, or one derivative, as the fields of a JSON object.

use super::derivation::column_derivative;
use super::{Derived, Explained};
use clione::see::explain::derivative::{Agreement, Derivative, Rest, Sum};
use clione::see::explain::expression::Expression;
use clione::see::explain::factor::Factor;
use clione::see::explain::update::Update;
use clione::see::explain::walk::{Stage, Unit};
use clione::train::apply::Prediction;
use serde_json::{Map, Value, json};

/// Of a larger parameter only the largest gradients are written.
const MOST_NUMBERS: usize = 10_000;

/// Everything: where the row is from, then its journey, or the derivative that was asked for.
pub fn explained(explained: &Explained) -> Map<String, Value> {
    let (model, chosen) = (&explained.model, &explained.chosen);
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("model", json!(explained.model_file));
    put("precision", json!(model.weights.precision().name()));
    put("row", json!({ "what": chosen.what, "number": chosen.number, "line": chosen.line, "file": chosen.file }));
    let x = explained.symbols.symbol(explained.row.inputs[0]);
    let inputs = chosen.numbers.iter().enumerate().map(|(index, value)| {
        json!({ "place": x.map(|symbol| symbol.element(index)), "name": chosen.names.get(index), "value": value })
    });
    put("inputs", inputs.collect());
    let columns = chosen.columns.iter().map(|column| json!({ "name": column.name, "text": column.text }));
    put("columns", columns.collect());
    match &chosen.target {
        Ok(target) => {
            put("target", json!({ "column": target.column, "text": target.text, "numbers": target.numbers(model) }));
        }
        Err(reason) => {
            put("target", Value::Null);
            put("why_no_target", json!(reason));
        }
    }
    put("prediction", prediction(&explained.prediction, model.source.classes()));
    put("loss", loss(explained));
    match &explained.derivative {
        None => {
            put("layers", explained.walk.stages.iter().map(stage).collect());
            put("parameters", parameters(explained));
        }
        Some(derived) => {
            put("derivative", derivative(derived));
            if let Some(column) = column_derivative(explained) {
                let ways = column.ways.iter().map(|(name, gradient, slope, product)| {
                    json!({ "input": name, "gradient": gradient, "slope": slope, "product": product })
                });
                let ways = ways.collect::<Vec<_>>();
                put("column", json!({ "name": column.name, "ways": ways, "derivative": column.value }));
            }
            if let Some(update) = &derived.update {
                put("update", self::update(update));
            }
        }
    }
    object
}

fn prediction(prediction: &Prediction, classes: &[String]) -> Value {
    match prediction {
        Prediction::Number(number) => json!({ "number": number }),
        Prediction::Class { class, probabilities } => {
            let named: Map<String, Value> =
                classes.iter().cloned().zip(probabilities.iter().map(|&p| p.into())).collect();
            json!({ "class": classes[*class], "probabilities": named })
        }
    }
}

fn loss(explained: &Explained) -> Value {
    let model = &explained.model;
    let pairs = explained.walk.errors.iter().flat_map(|error| &error.pairs).map(|pair| {
        json!({ "name": pair.name, "prediction": pair.prediction, "target_name": pair.target_name, "target": pair.target })
    });
    json!({
        "name": model.loss.name(),
        "reduction": model.loss.reduction().name(),
        "value": explained.walk.loss,
        "outputs": pairs.collect::<Vec<_>>(),
    })
}

fn stage(stage: &Stage) -> Value {
    json!({
        "layer": stage.layer,
        "description": stage.description,
        "formulas": stage.formulas,
        "units": stage.units.iter().map(unit).collect::<Vec<_>>(),
    })
}

fn unit(unit: &Unit) -> Value {
    let sum = unit.sum.as_ref().map(|sum| {
        let terms = sum.terms.iter().map(|term| {
            json!({
                "from": term.from,
                "value": term.value,
                "weight_name": term.weight_name,
                "weight": term.weight,
                "product": term.product,
            })
        });
        json!({
            "name": sum.name,
            "terms": terms.collect::<Vec<_>>(),
            "rest": rest(sum.rest),
            "bias": sum.bias,
            "value": sum.value,
            "gradient": sum.gradient,
        })
    });
    json!({ "name": unit.name, "sum": sum, "value": unit.value, "gradient": unit.gradient })
}

fn parameters(explained: &Explained) -> Value {
    let parameter = explained.walk.parameters.iter().map(|parameter| {
        let largest = parameter.largest.iter();
        let largest =
            largest.map(|(name, value, gradient)| json!({ "name": name, "value": value, "gradient": gradient }));
        json!({
            "name": parameter.name,
            "shape": parameter.shape.sizes(),
            "norm_of_gradient": if parameter.gradients.is_empty() { Value::Null } else { json!(parameter.norm()) },
            "largest": largest.collect::<Vec<_>>(),
            "values": all(&parameter.values),
            "gradients": all(&parameter.gradients),
        })
    });
    parameter.collect()
}

/// All numbers, unless they are so many that nobody wants them all.
fn all(numbers: &[f64]) -> Option<&[f64]> {
    Some(numbers).filter(|numbers| numbers.len() <= MOST_NUMBERS)
}

fn derivative(derived: &Derived) -> Value {
    let of: &Derivative = &derived.derivative;
    let products = of.products.iter().map(|product| {
        json!({
            "through": product.through,
            "factors": product.factors.iter().map(factor).collect::<Vec<_>>(),
            "value": product.value,
        })
    });
    let levels = of.levels.iter().map(|level| {
        let units = level.units.iter().map(|unit| {
            json!({ "name": unit.name, "gradient": unit.gradient, "sensitivity": unit.sensitivity, "share": unit.share })
        });
        json!({
            "symbol": level.symbol,
            "layer": level.layer,
            "reached": level.reached,
            "units": units.collect::<Vec<_>>(),
            "rest": rest(level.rest),
        })
    });
    let quotients = of.difference.quotients.iter().map(|quotient| {
        json!({ "h": quotient.step, "above": quotient.above, "below": quotient.below, "value": quotient.value })
    });
    json!({
        "name": of.name,
        "letter": of.letter,
        "value": of.value,
        "paths": of.paths,
        "products": products.collect::<Vec<_>>(),
        "sums": of.sums.iter().map(sum).collect::<Vec<_>>(),
        "levels": levels.collect::<Vec<_>>(),
        "by_chain_rule": of.by_chain_rule,
        "sum_of_absolute_paths": of.magnitude,
        "by_backpropagation": of.by_backpropagation,
        "by_difference": if of.difference.value.is_nan() { Value::Null } else { json!(of.difference.value) },
        "difference": { "quotients": quotients.collect::<Vec<_>>(), "kink": of.difference.kink },
        "agreement": {
            "backpropagation": agreement(&of.with_backpropagation()),
            "difference": agreement(&of.with_difference()),
        },
    })
}

fn agreement(agreement: &Agreement) -> Value {
    let digits = if let Agreement::Digits(digits) = agreement { Some(digits) } else { None };
    json!({ "is_broken": agreement.is_broken(), "digits": digits })
}

fn sum(sum: &Sum) -> Value {
    let terms = sum.terms.iter();
    let terms =
        terms.map(|term| json!({ "upstream": term.upstream, "factor": factor(&term.factor), "value": term.value }));
    json!({
        "of": sum.of,
        "layer": sum.layer,
        "terms": terms.collect::<Vec<_>>(),
        "rest": rest(sum.rest),
        "value": sum.value,
    })
}

fn factor(factor: &Factor) -> Value {
    json!({
        "fraction": factor.fraction(),
        "formula": factor.formula.names(),
        "numbers": numbers(&factor.formula),
        "value": factor.value,
        "law": factor.law,
    })
}

fn numbers(formula: &Expression) -> String {
    formula.numbers(&|number| number.to_string())
}

fn rest(rest: Rest) -> Value {
    json!({ "count": rest.count, "sum": rest.sum })
}

fn update(update: &Update) -> Value {
    let lines = update.lines.iter().map(|line| {
        json!({
            "symbol": line.symbol,
            "formula": line.formula.names(),
            "numbers": numbers(&line.formula),
            "value": line.value,
            "meaning": line.meaning,
        })
    });
    json!({
        "optimizer": update.optimizer.name(),
        "lines": lines.collect::<Vec<_>>(),
        "before": update.before,
        "after": update.after,
        "is_the_same": update.agrees(),
    })
}
