//! `clione show --plan`: every number follows from the plan, and the words say what the object says.

mod support;

use serde_json::Value;
use support::people_and_model;

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number instead of {value}"))
}

fn sum(items: &Value, field: &str) -> u64 {
    items.as_array().expect("a list").iter().map(|item| number(&item[field])).sum()
}

fn grouped(number: u64) -> String {
    clione::data::findings::grouped(number as usize)
}

#[test]
fn sums_of_the_object_add_up_and_stand_in_the_text() {
    let folder = people_and_model();
    for rows in ["", " --rows 1", " --rows 7"] {
        let object = folder.run(&format!("show people.clione --plan --json{rows}")).json();
        let text = folder.run(&format!("show people.clione --plan{rows}")).succeeds_saying(&[]).stdout;
        let plans = object["plans"].as_object().expect("plans");
        assert_eq!(plans.len(), 2);
        for (name, plan) in plans {
            assert!(text.contains(&format!("Plan of {name}")), "{name} in\n{text}");
            for field in ["operations", "bytes_read", "bytes_written"] {
                assert_eq!(number(&plan[field]), sum(&plan["steps"], field), "{field} of {name}");
                assert!(text.contains(&grouped(number(&plan[field]))), "{field} in\n{text}");
            }
            let steps = plan["steps"].as_array().expect("steps");
            for (at, step) in (1..).zip(steps) {
                assert_eq!(number(&step["step"]), at);
                let lives = |buffer: &&Value| {
                    buffer["first_step"].as_u64().is_none_or(|first| first <= at)
                        && buffer["last_step"].as_u64().is_none_or(|last| at <= last)
                };
                let buffers = plan["buffers"].as_array().expect("buffers");
                let live: u64 = buffers.iter().filter(lives).map(|buffer| number(&buffer["bytes"])).sum();
                assert_eq!(number(&step["live_bytes"]), live, "step {at} of {name}");
                assert!(live <= number(&plan["arena_bytes"]));
                let what = step["what"].as_str().expect("words");
                assert!(text.contains(what), "{what} in\n{text}");
                if let Some(sizes) = what.strip_prefix("product ").filter(|what| !what.contains("then")) {
                    // 6x9 · 9x4: two operations for each term of each sum.
                    let sizes: Vec<u64> =
                        sizes.split(['x', '·', ' ', 'ᵀ']).filter_map(|size| size.parse().ok()).collect();
                    assert_eq!(number(&step["operations"]), 2 * sizes[0] * sizes[1] * sizes[3], "{what}");
                }
            }
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}

#[test]
fn a_plan_is_for_as_many_rows_as_are_asked_for() {
    let folder = people_and_model();
    let operations = |rows: usize, plan: &str| {
        let object = folder.run(&format!("show people.clione --plan --json --rows {rows}")).json();
        let plans = object["plans"].as_object().expect("plans").clone();
        let found = plans.iter().find(|(name, _)| name.contains(plan)).expect("there is such a plan");
        number(&found.1["operations"])
    };
    assert_eq!(operations(40, "prediction"), 40 * operations(1, "prediction"));
    assert!(operations(40, "training") > 30 * operations(1, "training"));
}

#[test]
fn what_is_shown_unasked_is_short_and_says_where_there_is_more() {
    let folder = people_and_model();
    let text = folder.run("show people.clione").succeeds_saying(&[]).stdout;
    let (_, plans) = text.split_once("Plans\n").expect("there is a word about plans");
    assert!(plans.lines().count() <= 7 && plans.contains("--plan"), "{plans}");
    assert!(plans.contains("a prediction for one row:") && plans.contains("a training step on "), "{plans}");
}

#[test]
fn numbers_of_rows_that_cannot_be_are_refused() {
    let folder = people_and_model();
    folder.refuses("show people.clione --plan --rows 0", 2, &["--rows 0: expected 1 to"]);
    folder.refuses("show people.clione --plan --rows -3", 2, &["whole number"]);
    folder.refuses("show people.clione --plan --rows 99999999999999", 2, &["expected 1 to"]);
    folder.refuses("show people.clione --rows 3", 2, &["--plan"]);
    folder.refuses("show people.clione --plan --recipe", 2, &["--recipe"]);
}
