//! What a recipe does to gradients before they are followed, which the formulas of the loss do not show.

use crate::optim::clip::Clip;
use crate::train::class_weights::ClassWeights;
use crate::train::fit::Fit;

/// One sentence for each thing that a recipe adds to the formulas of its network, the rows of a batch first.
///
/// ```
/// use clione::{see::formula::notes::notes, train::fit::Fit};
/// let fit = Fit { l2: 0.01, ..Fit::default() };
/// assert!(notes(&fit)[1].starts_with("l2: "));
/// ```
pub fn notes(fit: &Fit) -> Vec<String> {
    let mut notes = vec![format!("a batch has n = {} rows; the last one of an epoch may have fewer", fit.batch_size)];
    if fit.class_weights != ClassWeights::Equal {
        notes.push(format!(
            "class weights ({}) weigh the rows while training; losses of rows held back are unweighted",
            fit.class_weights.text()
        ));
    }
    if fit.l1 != 0.0 {
        notes.push(format!("l1: each step adds {} · sign(w) to the gradient of w; it is not part of L", fit.l1));
    }
    if fit.l2 != 0.0 {
        notes.push(format!("l2: each step adds {} · w to the gradient of w; it is not part of L", fit.l2));
    }
    match fit.clip {
        Clip::Off => {}
        Clip::Norm(limit) => {
            notes.push(format!("clipping: gradients are scaled down together to a norm of at most {limit}"));
        }
        Clip::Value(limit) => {
            notes.push(format!("clipping: each number of a gradient is held between −{limit} and {limit}"));
        }
    }
    let settings = fit.optimizer.settings();
    if let Some((_, decay)) = settings.iter().find(|(name, value)| name.ends_with("decay") && *value != 0.0) {
        notes.push(format!(
            "weight decay: each step takes {decay} · w, times the learning rate, away from w; it is not part of L"
        ));
    }
    notes
}
