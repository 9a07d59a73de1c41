//! What the doctor makes of doubts about a table: how bad each is under the settings of the run.

use super::{Condition, Finding, Settings, Severity};
use crate::base::words::columns_flag;
use crate::data::inspect::Inspection;
use crate::data::inspect::doubt::{Doubt, Suspicion};
use crate::data::treatment::{Missing, Treatment};

/// A column of which more than this share is missing is filled rather than known.
const MOSTLY_MISSING: f64 = 0.5;

/// Copies among more than this share of the rows make figures on rows held back too good.
const MANY_COPIES: f64 = 0.05;

/// The findings that the table alone gives.
pub(super) fn findings(inspection: &Inspection, settings: &Settings) -> Vec<Finding> {
    let finding = |suspicion: &Suspicion| {
        let severity = severity(suspicion, inspection, settings)?;
        if suspicion.doubt == Doubt::Missing && settings.missing != Missing::Refuse {
            return Some(mostly_missing(suspicion, inspection, severity));
        }
        Some(Finding {
            condition: Condition::Table(suspicion.doubt),
            severity,
            evidence: suspicion.evidence.clone(),
            advice: suspicion.advice.clone(),
        })
    };
    inspection.suspicions.iter().filter_map(finding).collect()
}

fn is_mostly_missing(inspection: &Inspection, column: usize) -> bool {
    inspection.columns[column].missing as f64 > MOSTLY_MISSING * inspection.rows as f64
}

/// The columns that are filled more than they are known, where a way to fill them was chosen.
fn mostly_missing(suspicion: &Suspicion, inspection: &Inspection, severity: Severity) -> Finding {
    let of = suspicion.columns.iter().zip(&suspicion.evidence);
    let (columns, evidence): (Vec<usize>, Vec<String>) = of
        .filter(|&(&column, _)| is_mostly_missing(inspection, column))
        .map(|(&column, evidence)| (column, evidence.clone()))
        .unzip();
    let names: Vec<&str> = columns.iter().map(|&column| inspection.columns[column].name.as_str()).collect();
    let advice = vec![format!("--ignore {}", columns_flag(&names))];
    Finding { condition: Condition::Table(suspicion.doubt), severity, evidence, advice }
}

/// How bad a doubt is; none where the settings have dealt with it.
fn severity(suspicion: &Suspicion, inspection: &Inspection, settings: &Settings) -> Option<Severity> {
    match suspicion.doubt {
        Doubt::Words | Doubt::NotFinite | Doubt::OpenDates => Some(Severity::Fault),
        Doubt::Missing if settings.missing == Missing::Refuse => Some(Severity::Fault),
        Doubt::Missing => {
            let is_filled = |&place: &usize| is_mostly_missing(inspection, place);
            suspicion.columns.iter().any(is_filled).then_some(Severity::Note)
        }
        Doubt::Sentinels
        | Doubt::Zeros
        | Doubt::Leak
        | Doubt::Groups
        | Doubt::Serial
        | Doubt::Counter
        | Doubt::Ids
        | Doubt::Spellings
        | Doubt::Outliers
        | Doubt::Imbalance
        | Doubt::HeavyTail
        | Doubt::Inexact
        | Doubt::Codes
        | Doubt::PackedDates
        | Doubt::OpenPoints => Some(Severity::Warning),
        Doubt::Empty
        | Doubt::Dates
        | Doubt::Time
        | Doubt::Typos
        | Doubt::Cardinality
        | Doubt::Constant
        | Doubt::AlmostConstant
        | Doubt::Contradictions => Some(Severity::Note),
        Doubt::Duplicates if inspection.copies as f64 > MANY_COPIES * inspection.rows as f64 => Some(Severity::Warning),
        Doubt::Duplicates => Some(Severity::Note),
        // What is not scaled is found in the rows, with what it comes to.
        Doubt::Scales => (settings.scaling != Treatment::Unscaled).then_some(Severity::Note),
    }
}
