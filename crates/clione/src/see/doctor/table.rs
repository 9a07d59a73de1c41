//! What the doctor makes of doubts about a table: how bad each is under the settings of the run.

use super::{Condition, Finding, Settings, Severity};
use crate::data::inspect::Inspection;
use crate::data::inspect::doubt::{Doubt, Suspicion};
use crate::data::treatment::{Missing, Treatment};

/// A column of which more than this share is missing is filled rather than known.
const MOSTLY_MISSING: f64 = 0.5;

/// The findings that the table alone gives.
pub(super) fn findings(inspection: &Inspection, settings: &Settings) -> Vec<Finding> {
    let finding = |suspicion: &Suspicion| {
        let severity = severity(suspicion, inspection, settings)?;
        Some(Finding {
            condition: Condition::Table(suspicion.doubt),
            severity,
            evidence: suspicion.evidence.clone(),
            advice: suspicion.advice.clone(),
        })
    };
    inspection.suspicions.iter().filter_map(finding).collect()
}

/// How bad a doubt is; none where the settings have dealt with it.
fn severity(suspicion: &Suspicion, inspection: &Inspection, settings: &Settings) -> Option<Severity> {
    match suspicion.doubt {
        Doubt::Words | Doubt::NotFinite => Some(Severity::Fault),
        Doubt::Missing if settings.missing == Missing::Refuse => Some(Severity::Fault),
        Doubt::Missing => {
            let share = |&place: &usize| inspection.columns[place].missing as f64 / inspection.rows as f64;
            suspicion.columns.iter().any(|place| share(place) > MOSTLY_MISSING).then_some(Severity::Note)
        }
        Doubt::Sentinels
        | Doubt::Zeros
        | Doubt::Leak
        | Doubt::Counter
        | Doubt::Ids
        | Doubt::Spellings
        | Doubt::Outliers
        | Doubt::Duplicates
        | Doubt::Imbalance
        | Doubt::HeavyTail
        | Doubt::Inexact => Some(Severity::Warning),
        Doubt::Empty
        | Doubt::Dates
        | Doubt::Typos
        | Doubt::Cardinality
        | Doubt::Constant
        | Doubt::AlmostConstant
        | Doubt::Contradictions => Some(Severity::Note),
        // What is not scaled is found in the rows, with what it comes to.
        Doubt::Scales => (settings.scaling != Treatment::Unscaled).then_some(Severity::Note),
    }
}
