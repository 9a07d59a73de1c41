//! Numbers that are not finite: no training goes on with them, and no model is read that has one.

use clione::prelude::*;
use clione::train::file::Weights;
use clione::train::recipe::Precision;

/// A model of a small table.
fn saved(precision: Precision) -> SavedModel {
    let table =
        Table::from_bytes("x.csv", b"x,y\n0,1\n1,3\n2,5\n3,7\n4,9\n".to_vec(), &ReadOptions::default()).unwrap();
    let fit = Fit { epochs: 2, ..Fit::default() };
    let recipe = Recipe { layers: vec![3], precision, fit, ..Recipe::default() };
    let prepared = prepare(&table, &recipe.choices, 0.2, &Rng::new(0)).unwrap();
    let source = Source::Table(prepared.preprocessing);
    recipe.train(source, &prepared.training, Some(&prepared.validation), &mut |_| Next::Continue).unwrap().saved
}

#[test]
fn a_model_with_a_number_that_is_not_finite_anywhere_is_refused_by_name_unless_it_is_asked_for() {
    for precision in [Precision::F32, Precision::F64] {
        let saved = saved(precision);
        let specs = match &saved.weights {
            Weights::F32(model) => model.specs().to_vec(),
            Weights::F64(model) => model.specs().to_vec(),
        };
        assert_eq!(specs.len(), 4);
        let whole = saved.to_bytes().unwrap();
        SavedModel::from_bytes("whole", &whole).expect("all numbers are finite");
        for spec in &specs {
            for place in [spec.range().start, spec.range().end - 1] {
                for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    let mut broken = saved.clone();
                    match &mut broken.weights {
                        Weights::F32(model) => model.parameters_mut()[place] = number as f32,
                        Weights::F64(model) => model.parameters_mut()[place] = number,
                    }
                    let bytes = broken.to_bytes().unwrap();
                    let error = SavedModel::from_bytes("m", &bytes).expect_err("a number is not finite");
                    assert_eq!(error.exit_code(), 4);
                    let said = format!("m: parameter `{}` has numbers that are not finite", spec.name);
                    assert_eq!(error.headline(), said);
                    SavedModel::from_bytes_of_any_numbers("m", &bytes).expect("it is asked for");
                }
            }
        }
    }
}

#[test]
fn a_step_that_leaves_the_finite_numbers_ends_the_run_with_the_numbers_of_the_last_good_epoch() {
    // The loss is that of the parameters before the step, so after the last step of an epoch only the parameters tell.
    let rows = [[1.0], [2.0], [3.0], [-1.0]];
    let data = Dataset::from_rows(&rows, &rows.map(|[x]| [2.0 * x + 1.0]));
    for (learning_rate, epochs) in [(1e38, 1), (0.1, 3)] {
        let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: false };
        let fit = Fit { learning_rate, epochs, batch_size: 4, optimizer: sgd, ..Fit::default() };
        let mut model = Model::<f32>::new(Network::new([1]).add(Dense::new(1)), 1).unwrap();
        let before = model.parameters().to_vec();
        let result = fit.run(&mut model, &data, None);
        if learning_rate == 0.1 {
            assert_eq!(result.expect("it trains").epochs.len(), 3);
            continue;
        }
        let error = result.expect_err("the parameters are not finite");
        assert_eq!(error.exit_code(), 6);
        assert!(error.headline().contains("first not finite: parameter `dense1.weights`"), "{error}");
        assert_eq!(model.parameters(), before);
    }
}
