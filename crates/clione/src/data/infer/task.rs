//! What is to be predicted, a class or a number, as the values of the target say.

use std::collections::HashSet;

use super::{Finding, Profile, Task};
use crate::base::error::{Error, Result};
use crate::data::cell::Cell;
use crate::data::findings::{counted, grouped, quoted};

/// The task for a target, why it is this one, and the classes if they are numbers.
pub(in crate::data) struct FoundTask {
    pub task: Task,
    pub reason: String,
    pub classes: Vec<f64>,
}

/// The task that the values of a target ask for, with the reason.
///
/// Words are classes. Whole numbers are classes if they are 0 … k−1 or 1 … k without a gap, k ≤ 20 and each comes five
/// times on average, or if there are only two of them. Any other numbers, as 3 … 8 of a wine's quality, are measured.
pub(in crate::data) fn infer_task(target: &Profile, finding: &Finding, told: Option<Task>) -> Result<FoundTask> {
    let classes = || match distinct_numbers(target, CLASS_LIMIT) {
        Some(classes) if classes.len() <= 2 || classes.len() * 2 <= target.rows.len() => Ok(classes),
        found => {
            let count = found.map_or(format!("more than {CLASS_LIMIT}"), |classes| grouped(classes.len()));
            let rows = counted(target.rows.len(), "row");
            Err(Error::data(format!(
                "target \"{}\": {count} different numbers in {rows} are too many classes",
                target.name()
            ))
            .remedy("--task regression"))
        }
    };
    match (finding, told) {
        (Finding::Booleans(_) | Finding::Categories, Some(Task::Regression)) => {
            let (word, count) = target.words[0];
            let (row, name) = (count.first as usize, target.name());
            Err(Error::data(format!(
                "{}: target \"{name}\": {} is not a number, and a regression predicts numbers",
                target.table.place(row, target.column),
                quoted(word)
            ))
            .remedy("--task classification"))
        }
        (Finding::Booleans(_) | Finding::Categories, _) => {
            let different = target.categories();
            if different > 20 && different * 2 > target.rows.len() {
                let (words, rows) = (grouped(different), counted(target.rows.len(), "row"));
                let headline =
                    format!("target \"{}\": {words} different words in {rows} are too many classes", target.name());
                return Err(Error::data(headline)
                    .note("it looks like an id or free text")
                    .remedy("choose another --target"));
            }
            let reason = format!("{}: classification", counted(different, "different word"));
            Ok(FoundTask { task: Task::Classification, reason, classes: Vec::new() })
        }
        (_, Some(Task::Classification)) => {
            let classes = classes()?;
            let reason = format!("{}: classification, as told", counted(classes.len(), "different number"));
            Ok(FoundTask { task: Task::Classification, reason, classes })
        }
        (_, Some(Task::Regression)) => {
            Ok(FoundTask { task: Task::Regression, reason: "regression, as told".to_string(), classes: Vec::new() })
        }
        (_, None) => Ok(task_of_numbers(target)),
    }
}

/// More classes than these are not looked for among numbers.
const CLASS_LIMIT: usize = 100;

fn task_of_numbers(target: &Profile) -> FoundTask {
    let (least, greatest) = (target.least, target.greatest);
    let whole = if target.whole { distinct_numbers(target, CLASS_LIMIT) } else { None };
    let Some(numbers) = whole else {
        let what = if target.whole { format!("more than {CLASS_LIMIT} whole numbers") } else { "numbers".to_string() };
        let reason = format!("{what} from {least} to {greatest}: regression");
        return FoundTask { task: Task::Regression, reason, classes: Vec::new() };
    };
    let count = numbers.len();
    let gapless = (least == 0.0 || least == 1.0) && greatest - least == (count - 1) as f64;
    let is_class = count <= 2 || (gapless && count <= 20 && target.rows.len() >= 5 * count);
    let (task, other) = match is_class {
        true => (Task::Classification, Task::Regression),
        false => (Task::Regression, Task::Classification),
    };
    let what = counted(count, "whole number");
    let (task_name, other) = (task.name(), other.name());
    let reason = format!("{what} from {least} to {greatest}: {task_name}; --task {other} to change");
    FoundTask { task, reason, classes: if is_class { numbers } else { Vec::new() } }
}

/// The different numbers of a column in rising order, if there are no more than `limit`.
fn distinct_numbers(profile: &Profile, limit: usize) -> Option<Vec<f64>> {
    let mut seen: HashSet<u64> = HashSet::new();
    for &row in profile.rows {
        if let Cell::Number(number) = profile.table.value(row as usize, profile.column) {
            // -0 and 0 are one number.
            seen.insert((number + 0.0).to_bits());
            if seen.len() > limit {
                return None;
            }
        }
    }
    let mut numbers: Vec<f64> = seen.into_iter().map(f64::from_bits).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    Some(numbers)
}
