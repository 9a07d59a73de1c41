//! Folds of groups and of time beside those of scikit-learn.

use crate::support::frozen::{numbers, read};
use clione::base::rng::Rng;
use clione::data::split::{Dependence, folds};
use serde_json::Value;

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("a list under {key}"))
}

fn whole(value: &Value) -> usize {
    value.as_u64().unwrap_or_else(|| panic!("a whole number, not {value}")) as usize
}

#[test]
fn folds_of_groups_are_as_large_as_those_of_scikit_learn_and_never_share_a_group() {
    for case in list(&read("splits/splits.json"), "groups") {
        let sizes = numbers(&case["sizes"]);
        let groups: Vec<u32> = (0..).zip(&sizes).flat_map(|(group, &size)| vec![group; size as usize]).collect();
        let dependence = Dependence::Groups(groups.clone());
        for seed in 0..3 {
            let found = folds(groups.len(), whole(&case["folds"]), 0, None, &dependence, &Rng::new(seed)).unwrap();
            let mut held: Vec<f64> = found.iter().map(|fold| fold.validation.len() as f64).collect();
            held.sort_unstable_by(|a, b| b.total_cmp(a));
            assert_eq!(held, numbers(&case["held"]), "{case}");
            for fold in &found {
                let of = |rows: &[u32]| rows.iter().map(|&row| groups[row as usize]).collect::<Vec<u32>>();
                let learned = of(&fold.training);
                assert!(of(&fold.validation).iter().all(|group| !learned.contains(group)), "{case}");
            }
        }
    }
}

#[test]
fn folds_in_time_are_those_of_scikit_learn() {
    for case in list(&read("splits/splits.json"), "times") {
        let rows = whole(&case["rows"]) as u32;
        let dependence = Dependence::Times((0..rows).collect());
        let found = folds(rows as usize, whole(&case["folds"]), 0, None, &dependence, &Rng::new(0)).unwrap();
        for (fold, part) in found.iter().zip(list(case, "parts")) {
            let part = numbers(part);
            let [learned, begins, ends] = [part[0], part[1], part[2]].map(|number| number as u32);
            assert_eq!(fold.training, (0..learned).collect::<Vec<u32>>(), "{case}");
            assert_eq!(fold.validation, (begins..ends).collect::<Vec<u32>>(), "{case}");
        }
    }
}
