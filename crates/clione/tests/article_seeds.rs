//! What is said about the article's network over its first seeds.

use clione::see::outcome::{Outcome, Verdict, outcome};
use clione::train::article::{Article, INPUTS, TARGETS};

fn ending(article: &Article) -> Outcome {
    let run = article.run(&mut |_, _| ()).expect("the article's settings are in range");
    outcome(&run.model, &INPUTS, &TARGETS, &run.predictions, &run.losses)
}

fn seeds_with(verdict: Verdict, endings: &[Outcome]) -> Vec<usize> {
    (0..endings.len()).filter(|&seed| endings[seed].verdict == verdict).collect()
}

#[test]
fn of_two_thousand_seeds_only_67_is_stuck_and_all_others_are_solved() {
    let endings: Vec<Outcome> = (0..2000).map(|seed| ending(&Article { seed, ..Article::default() })).collect();
    assert_eq!(seeds_with(Verdict::Stuck, &endings), [67]);
    assert_eq!(seeds_with(Verdict::Solved, &endings).len(), 1999);

    let stuck = &endings[67];
    assert_eq!(stuck.confused, [[2, 3]]);
    assert!(stuck.wrong_rows.iter().all(|row| row.blocked_by.as_deref() == Some("hidden1")), "{stuck:?}");
    assert_eq!(stuck.blocking_units.len(), 4);
}

#[test]
fn small_steps_leave_runs_unfinished_but_not_stuck() {
    let article = |seed, iterations| Article { seed, iterations, learning_rate: 0.1, ..Article::default() };
    let endings: Vec<Outcome> = (0..100).map(|seed| ending(&article(seed, 1500))).collect();
    let unfinished = seeds_with(Verdict::Unfinished, &endings);
    assert_eq!(seeds_with(Verdict::Solved, &endings).len() + unfinished.len(), 100);
    for seed in [63, 76] {
        assert!(unfinished.contains(&seed));
        assert_eq!(ending(&article(seed as u32, 15_000)).verdict, Verdict::Solved, "seed {seed} with more iterations");
    }
}

#[test]
fn large_steps_leave_runs_stuck_or_unsteady_and_each_is_told_apart() {
    let endings = |seeds: &[u32]| -> Vec<Verdict> {
        let article = |seed| Article { seed, learning_rate: 10.0, ..Article::default() };
        seeds.iter().map(|&seed| ending(&article(seed)).verdict).collect()
    };
    assert_eq!(endings(&[30, 121, 597]), [Verdict::Stuck; 3]);
    assert_eq!(endings(&[199, 205, 1948]), [Verdict::Unsteady; 3]);
}
