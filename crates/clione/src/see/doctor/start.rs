//! Faults of a network before its first step: units that begin alike, signals and gradients that vanish or explode.

use super::inside::{Inside, LayerWeights, usual_initializer};
use super::{Condition, Finding, Settings, Severity};
use crate::data::findings::counted;
use crate::data::treatment::Treatment;
use crate::graph::activation::Activation;

/// Slopes of a hidden layer that may be flat before the first step.
const FLAT: f64 = 0.9;

/// How far the gradients of the first and last weights may be apart.
const APART: f64 = 1e3;

/// The findings that the fresh network gives.
pub(super) fn findings(settings: &Settings, start: &Inside) -> Vec<Finding> {
    let symmetric = symmetric_start(start);
    if symmetric.is_some() {
        return symmetric.into_iter().collect();
    }
    let blown = blown_up_start(settings, start);
    let is_blown = blown.is_some();
    let saturated = saturated_start(start);
    let gradients = gradients(settings, start).filter(|_| !is_blown && saturated.is_none());
    blown.into_iter().chain(saturated).chain(gradients).collect()
}

fn symmetric_start(start: &Inside) -> Option<Finding> {
    let layer = start.hidden.iter().find(|layer| layer.alike)?;
    let evidence = format!("{}: all of its {} give the same for every row", layer.name, counted(layer.units, "unit"));
    let advice = vec![format!("--initializer {}", usual_initializer())];
    Some(Finding::new(Condition::SymmetricStart, Severity::Fault, evidence, advice))
}

/// A loss above this is far above guessing where targets are scaled.
const HUGE: f64 = 20.0;

fn blown_up_start(settings: &Settings, start: &Inside) -> Option<Finding> {
    let evidence = || format!("the loss before the first step is {:.3e} for each number to be given", start.mean_loss);
    let mut advice =
        vec![format!("--initializer {}", usual_initializer()), format!("--scaling {}", Treatment::Standardise.name())];
    if settings.initializer.name() == usual_initializer() {
        advice.remove(0);
    }
    let is_blown = !start.mean_loss.is_finite() || start.mean_loss > HUGE;
    is_blown.then(|| Finding::new(Condition::BlownUpStart, Severity::Fault, evidence(), advice))
}

fn saturated_start(start: &Inside) -> Option<Finding> {
    let layer = start.hidden.iter().find(|layer| layer.flat > FLAT)?;
    let evidence = format!("{}: {:.0} % of its slopes are next to 0", layer.name, 100.0 * layer.flat);
    let advice = vec![format!("--initializer {}", usual_initializer())];
    Some(Finding::new(Condition::SaturatedStart, Severity::Fault, evidence, advice))
}

fn gradients(settings: &Settings, start: &Inside) -> Option<Finding> {
    let ([first, .., last], 2..) = (start.weights.as_slice(), settings.layers.len()) else { return None };
    let said = |of: &LayerWeights| format!("{}: the root mean square of dL/dw is {:.2e}", of.name, of.gradient);
    let vanishes = first.gradient * APART < last.gradient;
    let explodes = first.gradient > APART * last.gradient;
    let (condition, advice) = match (vanishes, explodes) {
        (true, _) => {
            let relu = format!("--activation {}", Activation::Relu.name());
            (Condition::VanishingGradients, vec![relu, "--layers 32,16".to_owned()])
        }
        (_, true) => {
            let usual = format!("--initializer {}", usual_initializer());
            (Condition::ExplodingGradients, vec![usual, "--clip-norm 1".to_owned()])
        }
        (false, false) => return None,
    };
    Some(Finding { condition, severity: Severity::Warning, evidence: vec![said(first), said(last)], advice })
}
