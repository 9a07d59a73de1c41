//! What implementations compute before they are timed: only those that compute the same as clione are compared.

use super::implementation;
use serde_json::Value;
use std::collections::BTreeMap;

/// How far a number may lie from clione's, as a share of the largest of its results: orders of additions differ.
const TOLERANCE: f64 = 1e-3;

/// The results of one workload.
#[derive(Default)]
pub struct Results {
    /// By case, then by implementation.
    by_case: BTreeMap<String, BTreeMap<String, Vec<f64>>>,
    /// Whose results cannot be compared, and why.
    pub unchecked: Vec<String>,
}

impl Results {
    /// Takes what an implementation printed.
    pub fn take(&mut self, text: &str) {
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let who = implementation(&line, "");
            if let Some(why) = line["unchecked"].as_str() {
                self.unchecked.push(format!("{} {who}: {why}", line["workload"].as_str().unwrap_or_default()));
            }
            if let Some(results) = line["check"].as_array() {
                // A number that is none is written as null, and equals nothing.
                let results = results.iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect();
                let case = line["case"].as_str().unwrap_or_default().to_owned();
                self.by_case.entry(case).or_default().insert(who, results);
            }
        }
    }

    /// Whose results differ from those of `ours`, with how the first ones do.
    pub fn differing(&self, ours: &str) -> BTreeMap<String, String> {
        let mut differing = BTreeMap::new();
        for (case, by_implementation) in &self.by_case {
            let Some(expected) = by_implementation.get(ours) else { continue };
            for (who, found) in by_implementation {
                if !agree(expected, found) {
                    let case = if case.is_empty() { String::new() } else { format!("{case}: ") };
                    let how = format!("{case}{found:?} where clione has {expected:?}");
                    differing.entry(who.clone()).or_insert(how);
                }
            }
        }
        differing
    }
}

fn agree(expected: &[f64], found: &[f64]) -> bool {
    let largest = expected.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
    let are_near = |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE * largest;
    expected.len() == found.len() && expected.iter().zip(found).all(are_near)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(peer: &str, results: &str) -> String {
        format!(r#"{{"workload": "W3", "case": "", "peer": "{peer}", "variant": "", "check": {results}}}"#)
    }

    #[test]
    fn results_that_are_far_from_ours_too_few_or_no_numbers_differ() {
        let mut results = Results::default();
        let all = [
            ("clione", "[2.0, -1.0]"),
            ("near", "[2.0001, -1.0001]"),
            ("far", "[2.0, -1.1]"),
            ("short", "[2.0]"),
            ("none", "[2.0, null]"),
        ];
        all.iter().for_each(|(peer, numbers)| results.take(&printed(peer, numbers)));
        let differing: Vec<String> = results.differing("clione").into_keys().collect();
        assert_eq!(differing, ["far", "none", "short"]);
    }

    #[test]
    fn who_cannot_be_compared_says_why() {
        let mut results = Results::default();
        results.take(r#"{"workload": "W3", "peer": "sklearn", "unchecked": "its own weights"}"#);
        assert_eq!(results.unchecked, ["W3 sklearn: its own weights"]);
    }
}
