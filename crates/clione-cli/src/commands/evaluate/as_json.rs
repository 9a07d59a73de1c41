//! What a model reached, as the fields of a JSON object.

use super::Places;
use clione::train::assessment::{Assessment, ClassAssessment, Mistake, Said};
use clione::train::evaluate::Evaluation;
use clione::train::ranking::{CurvePoint, Threshold};
use serde_json::{Map, Value, json};

/// More classes than that have no square of all pairs.
const MOST_IN_A_SQUARE: usize = 100;

/// An evaluation: the metrics of the model, of guessing and of a linear model, and which class was taken for which.
pub fn evaluation_json(evaluation: &Evaluation) -> Map<String, Value> {
    let (mut metrics, mut baseline, mut linear) = (Map::new(), Map::new(), Map::new());
    metrics.insert("loss".to_owned(), evaluation.loss.into());
    for measured in &evaluation.metrics {
        let name = measured.metric.name().to_owned();
        metrics.insert(name.clone(), measured.value.into());
        baseline.insert(name.clone(), measured.baseline.into());
        if let Some(value) = measured.linear {
            linear.insert(name, value.into());
        }
    }
    for metric in evaluation.undefined() {
        metrics.insert(metric.name().to_owned(), Value::Null);
    }
    let mut object = Map::new();
    object.insert("rows".to_owned(), evaluation.rows.into());
    object.insert("metrics".to_owned(), metrics.into());
    object.insert("baseline".to_owned(), baseline.into());
    if !linear.is_empty() {
        object.insert("linear_model".to_owned(), linear.into());
    }
    if let Some(paired) = &evaluation.against_linear {
        let fields = json!({
            "standing": paired.standing().name(),
            "difference": paired.difference,
            "standard_error": paired.error,
        });
        object.insert("against_linear_model".to_owned(), fields);
    }
    if let Some(confusion) = &evaluation.confusion {
        let classes = 0..confusion.classes();
        // The square of many classes would be nearly all zeros.
        if confusion.classes() <= MOST_IN_A_SQUARE {
            let row = |truth| classes.clone().map(|said| confusion.count(truth, said)).collect();
            let rows: Vec<Vec<usize>> = classes.clone().map(row).collect();
            object.insert("confusion".to_owned(), rows.into());
        }
        let confused = confusion.confused();
        let pairs = confused.iter().map(|pair| json!({ "truth": pair.truth, "said": pair.said, "rows": pair.rows }));
        object.insert("confusions".to_owned(), pairs.collect());
    }
    object
}

/// Everything that is known: an evaluation, then classes with their curves, thresholds, calibration, residuals, the worst
/// predictions, and what columns are worth.
pub fn assessment_json(assessment: &Assessment, classes: &[String], places: &Places) -> Map<String, Value> {
    let mut object = evaluation_json(&assessment.evaluation);
    if !assessment.classes.is_empty() {
        object.insert("classes".to_owned(), assessment.classes.iter().map(class_json).collect());
    }
    if let Some(thresholds) = &assessment.thresholds {
        let fields = json!({
            "usual": threshold_json(&thresholds.usual),
            "best_f1": threshold_json(&thresholds.best_f1),
            "best_balanced": threshold_json(&thresholds.best_balanced),
        });
        object.insert("thresholds".to_owned(), fields);
    }
    if !assessment.calibration.is_empty() {
        let bins = assessment.calibration.iter().map(|bin| {
            json!({
                "above": bin.above,
                "to": bin.to,
                "rows": bin.rows,
                "predicted": bin.predicted,
                "observed": bin.observed,
            })
        });
        object.insert("calibration".to_owned(), bins.collect());
    }
    if let Some(residuals) = &assessment.residuals {
        let fields = json!({
            "mean": residuals.mean,
            "deviation": residuals.deviation,
            "quantiles": residuals.quantiles,
            "points": residuals.points,
        });
        object.insert("residuals".to_owned(), fields);
    }
    let mistakes = assessment.mistakes.iter().map(|mistake| mistake_json(mistake, classes, places));
    object.insert("worst".to_owned(), mistakes.collect());
    if !assessment.importance.is_empty() {
        let columns = assessment
            .importance
            .iter()
            .map(|column| json!({ "column": column.name, "mean": column.mean, "deviation": column.deviation }));
        object.insert("importance".to_owned(), columns.collect());
    }
    object
}

fn class_json(class: &ClassAssessment) -> Value {
    json!({
        "name": class.name,
        "rows": class.rows,
        "precision": class.precision,
        "recall": class.recall,
        "f1": class.f1,
        "roc_area": class.roc_area,
        "average_precision": class.average_precision,
        "roc": curve_json(&class.roc),
        "precision_recall": curve_json(&class.precision_recall),
    })
}

/// Each point as x, y, threshold; a threshold that nothing reaches is null.
fn curve_json(points: &[CurvePoint]) -> Value {
    points.iter().map(|point| json!([point.x, point.y, point.threshold])).collect()
}

fn threshold_json(threshold: &Threshold) -> Value {
    json!({
        "at": threshold.at,
        "precision": threshold.precision,
        "recall": threshold.recall,
        "f1": threshold.f1,
        "balanced": threshold.balanced,
    })
}

fn mistake_json(mistake: &Mistake, classes: &[String], places: &Places) -> Value {
    let (truth, said, probability) = match mistake.said {
        Said::Class { truth, said, probability_of_truth } => {
            (json!(classes[truth]), json!(classes[said]), Some(probability_of_truth))
        }
        Said::Number { truth, said } => (json!(truth), json!(said), None),
    };
    json!({
        places.what: places.numbers[mistake.row],
        "loss": mistake.loss,
        "truth": truth,
        "said": said,
        "probability_of_truth": probability,
    })
}
