//! The ladder: a tape of single numbers, the article's class by hand, and clione learn the same weights.

#[path = "../../examples/by_hand.rs"]
#[expect(dead_code, reason = "the example's own main and what only that uses")]
mod by_hand;
#[path = "../../examples/scalar_tape.rs"]
#[expect(dead_code, reason = "the example's own main and what only that uses")]
mod scalar_tape;
#[path = "../../examples/with_clione.rs"]
#[expect(dead_code, reason = "the example's own main and what only that uses")]
mod with_clione;

#[test]
fn all_three_end_at_the_same_weights() {
    for seed in [0, 1, 9, 42, 67] {
        let (tape, hand, clione) = (scalar_tape::train(seed), by_hand::train(seed), with_clione::train(seed));
        for (found, name) in [(&tape.weights, "the tape"), (&clione.weights, "clione")] {
            assert_close(found, &hand.weights, &format!("weights of {name}, seed {seed}"));
        }
        for (found, name) in [(&tape.predictions, "the tape"), (&clione.predictions, "clione")] {
            assert_close(found, &hand.predictions, &format!("predictions of {name}, seed {seed}"));
        }
        assert_close(&[tape.loss, clione.loss], &[hand.loss; 2], &format!("losses, seed {seed}"));
    }
}

/// The three add up in different orders, which is all that may set them apart.
fn assert_close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let error = found.iter().zip(expected).fold(0.0_f64, |error, (a, b)| error.max((a - b).abs() / b.abs().max(1.0)));
    assert!(error <= 1e-12, "{what} differ by {error:e}");
}
