//! Tests of `preprocess`.

use super::*;
use crate::data::table::ReadOptions;

fn table(text: &str) -> Table {
    Table::from_bytes("x.csv", text.as_bytes().to_vec(), &ReadOptions::default()).unwrap()
}

fn fitted(text: &str, choices: &Choices) -> Preprocessing {
    let table = table(text);
    let schema = Schema::infer(&table, choices).unwrap();
    Preprocessing::fit(&table, &schema, choices, &schema.rows).unwrap()
}

fn rows(table: &Table) -> Vec<u32> {
    (0..table.rows() as u32).collect()
}

fn transformed(preprocessing: &Preprocessing, text: &str) -> Result<Transformed> {
    let table = table(text);
    preprocessing.transform(&table, &rows(&table), Unknown::Refuse)
}

fn numbers_of(matrix: &Matrix) -> Vec<f64> {
    let Values::F64(numbers) = matrix.values() else { panic!("numbers") };
    numbers.clone()
}

const PEOPLE: &str = "age,sex,smokes,bought\n20,f,no,a\n40,m,yes,b\n60,d,yes,a\n";

#[test]
fn numbers_are_standardised_and_words_encoded() {
    let preprocessing = fitted(PEOPLE, &Choices::default());
    assert_eq!(preprocessing.feature_names(), ["age", "sex=d", "sex=f", "sex=m", "smokes=yes"]);
    let inputs = numbers_of(&transformed(&preprocessing, PEOPLE).unwrap().inputs);
    let high = 20.0 / (800.0f64 / 3.0).sqrt();
    assert_eq!(inputs[..5], [-high, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(inputs[5..10], [0.0, 0.0, 0.0, 1.0, 1.0]);
    let choices = Choices { scaling: Treatment::MinMax, ..Choices::default() };
    let inputs = numbers_of(&transformed(&fitted(PEOPLE, &choices), PEOPLE).unwrap().inputs);
    assert_eq!([inputs[0], inputs[5], inputs[10]], [0.0, 0.5, 1.0]);
}

#[test]
fn only_training_rows_are_measured() {
    let table = table("x,y\n1,10\n3,20\n1000,3000\n4,4.5\n");
    let schema = Schema::infer(&table, &Choices::default()).unwrap();
    let preprocessing = Preprocessing::fit(&table, &schema, &Choices::default(), &[0, 1]).unwrap();
    assert_eq!((preprocessing.inputs[0].shift, preprocessing.inputs[0].scale), (2.0, 1.0));
    assert_eq!((preprocessing.target.mean, preprocessing.target.scale), (15.0, 5.0));
}

#[test]
fn a_constant_column_becomes_zeros() {
    let preprocessing = fitted("x,z,y\n0.1,1,2.5\n0.1,2,3.5\n0.1,4,3.5\n", &Choices::default());
    assert_eq!((preprocessing.inputs[0].shift, preprocessing.inputs[0].scale), (0.1, 1.0));
}

#[test]
fn missing_values_are_filled_by_what_was_fitted() {
    let text = "x,k,y\n1,a,1.5\n?,b,2.5\n2,b,3.5\n2,NA,4.5\n7,b,4.5\n";
    let fill = |missing| {
        let preprocessing = fitted(text, &Choices { missing, ..Choices::default() });
        (preprocessing.inputs[0].fill.unwrap(), preprocessing.inputs[1].fill)
    };
    assert_eq!(fill(Missing::Mean), (3.0, Some(1.0)));
    assert_eq!(fill(Missing::Median), (2.0, Some(1.0)));
    assert_eq!(fill(Missing::Mode), (2.0, Some(1.0)));
    assert_eq!(fill(Missing::Indicator), (3.0, None));
    let preprocessing = fitted(text, &Choices { missing: Missing::Indicator, ..Choices::default() });
    assert_eq!(preprocessing.feature_names(), ["x", "x missing", "k=a", "k=b", "k missing"]);
    let inputs = numbers_of(&transformed(&preprocessing, text).unwrap().inputs);
    assert_eq!(inputs[5..7], [0.0, 1.0]);
    assert_eq!(inputs[17..20], [0.0, 0.0, 1.0]);
}

#[test]
fn the_most_frequent_value_is_the_least_of_equals() {
    assert_eq!(fill(Kind::Number, Missing::Mode, &mut [3.0, 1.0, 3.0, 1.0, 2.0]), Some(1.0));
    assert_eq!(fill(Kind::Number, Missing::Median, &mut [4.0, 1.0]), Some(2.5));
    assert_eq!(fill(Kind::Number, Missing::Mean, &mut []), Some(0.0));
}

#[test]
fn missing_values_at_prediction_are_an_error_where_none_were_in_training() {
    let preprocessing = fitted(PEOPLE, &Choices::default());
    let error = transformed(&preprocessing, "age,sex,smokes\n,f,no\n30,m,no\n").unwrap_err();
    assert_eq!(error.headline(), "x.csv: 1 value missing in 1 column");
    assert_eq!(error.notes()[0], "column \"age\": 1 of 2 values");
}

#[test]
fn columns_are_matched_by_name_and_oddities_told() {
    let preprocessing = fitted(PEOPLE, &Choices::default());
    let usual = transformed(&preprocessing, "age,sex,smokes\n20,f,no\n").unwrap();
    assert!(usual.warnings.is_empty());
    let odd = transformed(&preprocessing, "smokes,city,sex,age\nno,Rome,f,20\n").unwrap();
    assert_eq!(odd.inputs, usual.inputs);
    assert_eq!(odd.warnings[0], "the columns come in another order than in training: matched by name");
    assert_eq!(odd.warnings[1], "columns that the model does not know are ignored: city");
    let error = transformed(&preprocessing, "ages,sex\n20,f\n").unwrap_err();
    assert_eq!(error.headline(), "x.csv: no column \"age\", which the model needs; is \"ages\" it?");
    assert_eq!(error.notes()[0], "x.csv: no column \"smokes\", which the model needs");
}

#[test]
fn tables_without_a_header_are_matched_by_place_with_or_without_the_target() {
    let choices = Choices { target: "2".into(), ..Choices::default() };
    let preprocessing = fitted("1,1.5,10\n3,2.5,30\n", &choices);
    assert_eq!(transformed(&preprocessing, "3,9.5,10\n").unwrap().inputs.at(0, 1), -1.0);
    assert_eq!(transformed(&preprocessing, "3,10\n").unwrap().inputs.at(0, 1), -1.0);
    assert!(transformed(&preprocessing, "3\n").unwrap_err().headline().contains("no column \"c3\""));
    assert!(preprocessing.targets(&table("3,10\n"), &[0]).is_err());
    assert_eq!(preprocessing.targets(&table("3,9.5,10\n"), &[0]).unwrap().rows(), 1);
    let named = transformed(&preprocessing, "a,b\n3,10\n").unwrap();
    assert!(named.warnings[0].contains("matched by place"));
}

#[test]
fn an_unseen_category_is_an_error_or_none_of_the_known_ones() {
    let preprocessing = fitted(PEOPLE, &Choices::default());
    let text = "age,sex,smokes\n20,f,no\n30,x,no\n";
    let error = transformed(&preprocessing, text).unwrap_err();
    assert_eq!(error.headline(), "x.csv:3:4: column \"sex\": \"x\" was not there in training; known: d, f, m");
    let table = table(text);
    let other = preprocessing.transform(&table, &rows(&table), Unknown::Other).unwrap();
    assert_eq!(numbers_of(&other.inputs)[6..10], [0.0; 4]);
    assert_eq!(other.warnings, ["column \"sex\": 1 value unknown, all of its inputs are 0 there"]);
}

#[test]
fn a_number_that_became_text_is_an_error_with_its_place() {
    let error = transformed(&fitted(PEOPLE, &Choices::default()), "age,sex,smokes\n20,f,no\nold,m,no\n").unwrap_err();
    assert_eq!(
        error.headline(),
        "x.csv:3:1: column \"age\": cannot read \"old\" as a finite number, as it was in training"
    );
}

#[test]
fn an_unseen_class_in_a_test_file_is_an_error() {
    let preprocessing = fitted(PEOPLE, &Choices::default());
    let table = table("bought\nb\nc\n");
    assert_eq!(preprocessing.targets(&table, &[0]).unwrap().class_numbers(), Some(&[1][..]));
    let error = preprocessing.targets(&table, &[0, 1]).unwrap_err();
    assert_eq!(error.headline(), "x.csv:3:1: target \"bought\": no class \"c\" in training; known: a, b");
}

#[test]
fn number_classes_are_matched_by_value() {
    let preprocessing = fitted("x,y\n1.5,0\n2.5,1\n3,0\n", &Choices::default());
    let targets = preprocessing.targets(&table("y\n1.0\n-0\n"), &[0, 1]).unwrap();
    assert_eq!(targets.class_numbers(), Some(&[1, 0][..]));
}

#[test]
fn numbers_that_cannot_be_scaled_are_refused() {
    let table = table("x,y\n-1e308,1.5\n1e308,2.5\n1e308,3.5\n");
    let schema = Schema::infer(&table, &Choices::default()).unwrap();
    let error = Preprocessing::fit(&table, &schema, &Choices::default(), &[0, 1, 2]).unwrap_err();
    assert!(error.headline().contains("cannot be scaled"), "{error}");
}

#[test]
fn every_choice_is_found_by_its_name() {
    for &treatment in Treatment::all() {
        assert_eq!(Treatment::named(treatment.name()), Ok(treatment));
    }
    for &missing in Missing::all() {
        assert_eq!(Missing::named(missing.name()), Ok(missing));
    }
    let error = Missing::named("meen").unwrap_err();
    assert_eq!((error.exit_code(), error.notes()[0].as_str()), (2, "did you mean \"mean\"?"));
}

#[test]
fn a_matrix_that_no_machine_holds_is_refused() {
    let mut preprocessing = fitted(PEOPLE, &Choices::default());
    preprocessing.inputs[1].categories = (0..40_000).map(|place| place.to_string()).collect();
    let error = preprocessing.transform(&table(PEOPLE), &[0; 20_000], Unknown::Other).unwrap_err();
    assert!(error.headline().starts_with("20,000 rows of 40,002 inputs"), "{error}");
    assert!(error.to_string().ends_with("--ignore 'sex'"));
}
