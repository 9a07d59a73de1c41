//! Faults that only the library meets: rows without a table, the article's seeds, a way told by its losses.

use super::*;
use crate::base::rng::{Purpose, Rng};
use crate::data::dataset::{Matrix, Targets, Values};
use crate::graph::activation::Activation;
use crate::nn::layers::Dense;
use crate::train::article::{Article, INPUTS, TARGETS};

fn network() -> Network {
    Network::new([2]).add(Dense::new(8).activation(Activation::Tanh)).add(Dense::new(1).activation(Activation::Sigmoid))
}

/// Measured rows of two classes, `class` for each row.
fn rows(count: usize, seed: u64, class: impl Fn(usize) -> u32) -> Dataset {
    let stream = Rng::new(seed).stream(Purpose::Synthesize, 0, 0);
    let numbers = (0..2 * count as u64).map(|at| 2.0 * stream.uniform_at(at) - 1.0).collect();
    let targets =
        Targets::Classes { numbers: (0..count).map(class).collect(), names: ["no", "yes"].map(str::to_owned).to_vec() };
    Dataset::new(Matrix::new(count, 2, Values::F64(numbers)), targets).unwrap()
}

fn named(training: &Dataset, validation: &Dataset, course: &Course<'_>) -> Vec<&'static str> {
    let (settings, network) = (Settings::default(), network());
    let rows = Rows { names: &[], training, validation: Some(validation), units: Units::PLAIN, network: &network };
    let examination = Examination { inspection: None, settings: &settings, rows: Some(rows) };
    examine_run(&examination, course).iter().map(|finding| finding.condition.name()).collect()
}

/// A way with these losses at a learning rate that stays.
fn on_the_way(losses: &[f64], validation_losses: &[f64]) -> Vec<&'static str> {
    let (training, validation) = (rows(200, 1, |row| row as u32 % 2), rows(50, 2, |row| row as u32 % 2));
    let learning_rates = vec![0.001; losses.len()];
    let course = Course { losses, validation_losses, learning_rates: &learning_rates, ..Course::default() };
    named(&training, &validation, &course)
}

#[test]
fn rows_of_one_class_held_back_and_rows_that_come_twice_are_named() {
    let training = rows(200, 1, |row| row as u32 % 2);
    let settled = Course { losses: &[0.1], validation_losses: &[0.1], learning_rates: &[0.001], ..Course::default() };
    assert_eq!(named(&training, &rows(40, 2, |_| 1), &settled)[0], "one-class-validation");
    let part: Vec<u32> = (0..40).collect();
    assert_eq!(named(&training, &training.part(&part), &settled), ["shared-rows"]);
    assert_eq!(named(&rows(200, 1, |_| 1), &rows(40, 2, |_| 1), &settled)[0], "constant-target");
    assert_eq!(named(&rows(8, 1, |row| row as u32 % 2), &rows(40, 2, |row| row as u32 % 2), &settled)[0], "few-rows");
}

#[test]
fn a_target_that_the_network_must_reach_itself_is_named_when_it_is_far_off() {
    let targets: Vec<[f64; 1]> = (0..200).map(|row| [50_000.0 + 10.0 * f64::from(row)]).collect();
    let inputs: Vec<[f64; 1]> = (0..200).map(|row| [f64::from(row) / 100.0 - 1.0]).collect();
    let data = Dataset::from_rows(&inputs, &targets);
    let network = Network::new([1]).add(Dense::new(8).activation(Activation::Relu)).add(Dense::new(1));
    let settings = Settings::default();
    let rows = Rows { names: &[], training: &data, validation: None, units: Units::PLAIN, network: &network };
    let examination = Examination { inspection: None, settings: &settings, rows: Some(rows) };
    assert_eq!(examine_data(&examination)[0].condition, Condition::UnscaledTarget);
    let units = Units { mean: 51_000.0, scale: 577.0, ..Units::PLAIN };
    let examination = Examination { rows: Some(Rows { units, ..rows }), ..examination };
    assert_eq!(examine_data(&examination), []);
}

#[test]
fn a_way_is_told_by_its_losses() {
    let falling: Vec<f64> = (0..100).map(|epoch| 0.69 * 0.9f64.powi(epoch)).collect();
    assert_eq!(on_the_way(&falling, &falling), [""; 0]);
    let slow: Vec<f64> = (0..100).map(|epoch| 0.69 - 0.003 * f64::from(epoch)).collect();
    assert_eq!(on_the_way(&slow, &slow), ["still-falling"]);
    let jumping: Vec<f64> = (0..100).map(|epoch| 0.3 + 0.2 * f64::from(epoch % 2)).collect();
    assert_eq!(on_the_way(&jumping, &falling), ["rate-too-high"]);
    let rising: Vec<f64> = (0..100).map(|epoch| if epoch < 20 { 0.5 } else { 0.01 * f64::from(epoch) }).collect();
    assert_eq!(on_the_way(&falling, &rising)[0], "overfitting");
    assert_eq!(on_the_way(&[0.69; 100], &[0.70; 100]), ["no-better-than-guessing"]);
    assert_eq!(on_the_way(&[0.69, f64::NAN], &[0.69, f64::NAN]), ["diverged"]);
}

#[test]
fn the_articles_seed_67_is_stuck_with_two_rows_that_look_the_same() {
    let run = Article { seed: 67, ..Article::default() }.run(&mut |_, _| ()).unwrap();
    let targets = Matrix::new(4, 1, Values::F64(TARGETS.to_vec()));
    let inputs = Matrix::new(4, INPUTS.len() / 4, Values::F64(INPUTS.to_vec()));
    let data = Dataset::new(inputs, Targets::Values(targets)).unwrap();
    let network = run.model.network().clone();
    let settings = Settings { loss: Some(Loss::SumOfSquares), batch_size: 4, ..Settings::default() };
    let rows = Rows { names: &[], training: &data, validation: None, units: Units::PLAIN, network: &network };
    let weights = Weights::F64(run.model);
    let course = Course { losses: &run.losses, weights: Some(&weights), ..Course::default() };
    let examination = Examination { inspection: None, settings: &settings, rows: Some(rows) };
    let findings = examine_run(&examination, &course);
    let stuck = findings.iter().find(|finding| finding.condition == Condition::StuckRows).unwrap();
    assert!(stuck.evidence.contains(&"rows 3, 4 look the same to the last layer".to_owned()), "{stuck:?}");
}

#[test]
fn what_must_be_settled_first_comes_first_and_notes_come_last() {
    let finding = |condition, severity| Finding::new(condition, severity, "", Vec::new());
    let findings = ordered(vec![
        finding(Condition::Overfitting, Severity::Warning),
        finding(Condition::UnscaledInputs, Severity::Note),
        finding(Condition::RateTooHigh, Severity::Warning),
        finding(Condition::NoBend, Severity::Fault),
    ]);
    let order: Vec<Condition> = findings.iter().map(|finding| finding.condition).collect();
    let expected = [Condition::NoBend, Condition::RateTooHigh, Condition::Overfitting, Condition::UnscaledInputs];
    assert_eq!(order, expected);
    assert_eq!(first_finding(&findings).unwrap().condition, Condition::NoBend);
    assert_eq!(first_finding(&findings[3..]), None);
}
