//! Tests of `preprocess`.

use super::*;
use crate::data::table::ReadOptions;
use crate::data::target::TargetTreatment;
use crate::data::treatment::{Treat, by_column};

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
    assert_eq!(fill(Missing::Mean), (3.0, None));
    assert_eq!(fill(Missing::Median), (2.0, None));
    assert_eq!(fill(Missing::Mode), (2.0, Some(1.0)));
    assert_eq!(fill(Missing::Indicator), (3.0, None));
    let preprocessing = fitted(text, &Choices { missing: Missing::Indicator, ..Choices::default() });
    assert_eq!(preprocessing.feature_names(), ["x", "x missing", "k=a", "k=b", "k missing"]);
    let inputs = numbers_of(&transformed(&preprocessing, text).unwrap().inputs);
    assert_eq!(inputs[5..7], [0.0, 1.0]);
    assert_eq!(inputs[17..20], [0.0, 0.0, 1.0]);
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
fn a_matrix_that_no_machine_holds_is_refused() {
    let mut preprocessing = fitted(PEOPLE, &Choices::default());
    preprocessing.inputs[1].categories = (0..40_000).map(|place| place.to_string()).collect();
    let error = preprocessing.transform(&table(PEOPLE), &[0; 20_000], Unknown::Other).unwrap_err();
    assert!(error.headline().starts_with("20,000 rows of 40,002 inputs"), "{error}");
    assert!(error.to_string().ends_with("--ignore 'sex'"));
}

/// The choices that read `treat` and `fill` as a person writes them.
fn chosen(treat: &str, fill: &str) -> Choices {
    let (treat, fill) = (by_column(treat, Treat::named).unwrap(), by_column(fill, Fill::named).unwrap());
    Choices { treat, fill, ..Choices::default() }
}

#[test]
fn categories_have_a_place_in_an_order() {
    let text = "size,grade,y\nsmall,10,1.5\nlarge,9,2.5\nmedium,100,3.5\nsmall,9,4.5\n";
    let preprocessing = fitted(text, &chosen("size=ordinal(small<medium<large),grade=ordinal", ""));
    assert_eq!(preprocessing.inputs[0].categories, ["small", "medium", "large"]);
    assert_eq!(preprocessing.inputs[1].categories, ["9", "10", "100"]);
    assert_eq!((preprocessing.inputs[0].shift, preprocessing.input_width()), (0.75, 2));
    let inputs = transformed(&preprocessing, text).unwrap().inputs;
    assert!(
        inputs.at(0, 0) == inputs.at(3, 0) && inputs.at(0, 0) < inputs.at(2, 0) && inputs.at(2, 0) < inputs.at(1, 0)
    );
    let error = transformed(&preprocessing, "size,grade\nhuge,9\n").unwrap_err();
    assert!(error.headline().ends_with("\"huge\" has no place; known: small, medium, large"), "{error}");
    let table = table(text);
    let choices = chosen("size=ordinal(small<large)", "");
    let schema = Schema::infer(&table, &choices).unwrap();
    let error = Preprocessing::fit(&table, &schema, &choices, &schema.rows).unwrap_err();
    assert_eq!(error.headline(), "x.csv:4:1: column \"size\": \"medium\" has no place; known: small, large");
}

#[test]
fn rare_categories_share_an_input() {
    let text = "zip,y\na,1.5\na,2.5\nb,3.5\nc,4.5\n";
    let preprocessing = fitted(text, &Choices { rare: 2, ..Choices::default() });
    assert_eq!(preprocessing.feature_names(), ["zip=a", "zip other"]);
    assert_eq!(preprocessing.notes(), ["column \"zip\": 1 word and one input for the rare others"]);
    let inputs = numbers_of(&transformed(&preprocessing, "zip\na\nb\nnew\n").unwrap().inputs);
    assert_eq!(inputs, [1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
}

#[test]
fn columns_are_filled_one_by_one() {
    let text = "age,cabin,rank,when,y\n1,a,1,2019-01-01,1.5\n?,?,?,?,2.5\n5,b,2,2020-01-01,3.5\n6,b,2,2021-01-01,4.5\n";
    let preprocessing = fitted(text, &chosen("rank=ordinal", "age=0,cabin='none',rank=mode,when=2020-06-15"));
    let names = ["age", "cabin=a", "cabin=b", "cabin=none", "rank", "when year"];
    assert_eq!(preprocessing.feature_names(), names);
    let inputs = transformed(&preprocessing, text).unwrap().inputs;
    assert_eq!(inputs.at(1, 0) * preprocessing.inputs[0].scale + preprocessing.inputs[0].shift, 0.0);
    assert_eq!([1, 2, 3].map(|column| inputs.at(1, column)), [0.0, 0.0, 1.0]);
    assert_eq!((inputs.at(1, 4), inputs.at(1, 5)), (inputs.at(2, 4), inputs.at(2, 5)));
    let missing = |fill: &str| {
        let table = table(text);
        let choices = Choices { missing: Missing::Indicator, ..chosen("", fill) };
        let schema = Schema::infer(&table, &choices)?;
        Preprocessing::fit(&table, &schema, &choices, &schema.rows).map(|fitted| fitted.feature_names())
    };
    assert_eq!(missing("cabin=drop,when=mean").unwrap()[0], "age");
    assert_eq!(missing("cabin=mode").unwrap()[..4], ["age", "age missing", "cabin=a", "cabin=b"]);
    assert!(missing("age=refuse").unwrap_err().notes()[0].starts_with("column \"age\": 1 of 4"));
    let error = missing("age=none").unwrap_err();
    assert_eq!(error.headline(), "column \"age\" is a number column: \"none\" cannot stand in it");
}

#[test]
fn dates_become_the_parts_that_vary() {
    let text = "when,y\n2019-03-23 20:21,1.5\n2019-03-24 20:50,2.5\n2019-05-25 20:10,3.5\n";
    let preprocessing = fitted(text, &Choices::default());
    assert_eq!(preprocessing.feature_names(), ["when month", "when day", "when weekday", "when minute"]);
    let note = "column \"when\" holds dates: month, day, weekday, minute go in; leave it out with --ignore 'when'";
    assert_eq!(preprocessing.notes(), [note]);
    let error = transformed(&preprocessing, "when\n2019-03-23 20:21\nyesterday\n").unwrap_err();
    let headline =
        "x.csv:3:1: column \"when\": cannot read \"yesterday\" as a date or a time (ymd), as it was in training";
    assert_eq!(error.headline(), headline);
    assert_eq!(fitted("when,y\n7:30,1.5\n8:45,2.5\n", &Choices::default()).input_width(), 2);
    assert_eq!(fitted("when,y\n2019-01-01,1.5\n2019-01-01,2.5\n", &Choices::default()).feature_names(), ["when year"]);
    let choices = chosen("when=ignore", "");
    assert!(Schema::infer(&table(text), &choices).unwrap_err().headline().contains("no column is left"));
}

#[test]
fn logarithms_are_of_zero_and_more() {
    let preprocessing = fitted("x,y\n0,1.5\n9,2.5\n", &chosen("x=log", ""));
    let inputs = numbers_of(&transformed(&preprocessing, "x\n0\n9\n").unwrap().inputs);
    assert!((inputs[0] + 1.0).abs() < 1e-15 && (inputs[1] - 1.0).abs() < 1e-15, "{inputs:?}");
    let error = transformed(&preprocessing, "x\n-2\n").unwrap_err();
    assert_eq!(error.headline(), "x.csv:2:1: column \"x\": ln(1 + x) is for x of 0 and more, not -2");
    let table = table("x,y\n0,1.5\n-9,2.5\n");
    let choices = Choices { scaling: Treatment::Log, ..Choices::default() };
    let schema = Schema::infer(&table, &choices).unwrap();
    let error = Preprocessing::fit(&table, &schema, &choices, &[0, 1]).unwrap_err();
    assert!(error.to_string().ends_with("--treat 'x=standardise'"), "{error}");
}

#[test]
fn a_treatment_that_does_not_go_with_the_column_is_refused() {
    let refusal = |treat: &str| Schema::infer(&table(PEOPLE), &chosen(treat, "")).unwrap_err().to_string();
    assert_eq!(refusal("sex=robust"), "column \"sex\": \"robust\" does not go with a category column");
    assert_eq!(refusal("smokes=log"), "column \"smokes\": \"log\" does not go with a boolean column");
    assert!(refusal("age=date").contains("cannot read \"20\" as a date"));
    assert!(refusal("agee=log").contains("did you mean \"age\"?"));
    assert_eq!(refusal("age=log,age=robust"), "column \"age\" is to be treated in two ways");
    assert_eq!(fitted(PEOPLE, &chosen("smokes=one-hot,age=one-hot", "")).input_width(), 8);
}

#[test]
fn derived_columns_are_worked_out_again() {
    let derive = vec!["area = width * height".to_string(), "`log area` = ln(area)".to_string()];
    let choices = Choices { derive, ignore: vec!["height".into()], ..Choices::default() };
    let preprocessing = fitted("width,height,y\n1,2,1.5\n3,4,2.5\n", &choices);
    assert_eq!(preprocessing.feature_names(), ["width", "area", "log area"]);
    assert_eq!((preprocessing.inputs[1].shift, preprocessing.inputs[1].scale), (7.0, 5.0));
    let later = transformed(&preprocessing, "height,width\n2,6\n").unwrap();
    assert_eq!((later.inputs.at(0, 1), later.warnings.len()), (1.0, 0));
    let error = transformed(&preprocessing, "width\n2\n").unwrap_err();
    assert_eq!(error.headline(), "x.csv: no column \"height\", which the model needs");
    let error = transformed(&preprocessing, "height,width\n0,6\n").unwrap_err();
    assert!(error.headline().contains("x.csv:2: column \"log area\": cannot read \"-inf\""), "{error}");
}

#[test]
fn formulas_find_their_columns_by_place_where_there_is_no_header() {
    let derive = vec!["sum = c2 + c3".to_string()];
    let choices = Choices { target: "1".into(), derive, keep: vec!["c1 > 0".into()], ..Choices::default() };
    let preprocessing = fitted("1.5,1,10\n2.5,2,30\n-1,9,9\n", &choices);
    assert_eq!(preprocessing.inputs[2].shift, 21.5);
    let with_target = transformed(&preprocessing, "9.5,2,30\n").unwrap();
    assert_eq!(transformed(&preprocessing, "2,30\n").unwrap().inputs, with_target.inputs);
    let later = table("9.5,2,30\n-3,2,30\n");
    let (rows, notes) = preprocessing.rows_to_measure(&later).unwrap();
    assert_eq!((rows, notes.join("")), (vec![0], "left out: 1 row that is not c1 > 0".to_string()));
}

#[test]
fn formulas_are_refused_where_they_cannot_be_right() {
    let refusal = |derive: &str, keep: &str| {
        let list = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_string()] };
        let choices = Choices { derive: list(derive), keep: list(keep), ..Choices::default() };
        Schema::infer(&table(PEOPLE), &choices).unwrap_err()
    };
    assert!(refusal("x = aeg + 1", "").to_string().contains("did you mean \"age\"?"));
    assert_eq!(refusal("age = 1", "").headline(), "a new column cannot be called \"age\": there is one already");
    let error = refusal("x = age + bought", "");
    assert_eq!(error.headline(), "formula: the target cannot be made an input, as here at character 11");
    assert_eq!(refusal("", "age + 1").headline(), "\"age + 1\" does not ask which rows are kept");
    assert_eq!(refusal("", "age > 100").headline(), "x.csv: no row is kept");
    assert_eq!(
        refusal("x = sex + 1", "").headline(),
        "x.csv:2:4: column \"sex\": cannot read \"f\" as a finite number"
    );
}

#[test]
fn only_these_columns_go_in() {
    let choices = Choices { only: vec!["sex".into(), "1".into()], ..Choices::default() };
    assert_eq!(fitted(PEOPLE, &choices).feature_names(), ["age", "sex=d", "sex=f", "sex=m"]);
    let choices = Choices { only: vec!["sxe".into()], ..Choices::default() };
    assert!(Schema::infer(&table(PEOPLE), &choices).unwrap_err().to_string().contains("did you mean \"sex\"?"));
}

#[test]
fn logarithms_of_targets_are_learned_where_asked_for() {
    let target = |ys: [&str; 3]| {
        let text: String = ys.iter().enumerate().map(|(row, y)| format!("{row},{y}\n")).collect();
        let table = table(&format!("x,y\n{text}"));
        let choices = Choices { log_target: true, ..Choices::default() };
        let schema = Schema::infer(&table, &choices)?;
        Preprocessing::fit(&table, &schema, &choices, &schema.rows)
    };
    let fitted = target(["1", "10.5", "100"]).unwrap();
    assert_eq!(fitted.target.treatment, TargetTreatment::Log);
    assert!((fitted.target.mean - 1050f64.ln() / 3.0).abs() < 1e-14);
    assert_eq!(target(["0", "10.5", "100"]).unwrap().target.treatment, TargetTreatment::Log1p);
    let error = target(["1.5", "-10.5", "100"]).unwrap_err();
    assert_eq!(error.headline(), "x.csv:3:3: target \"y\": -10.5 is negative and has no logarithm");
    assert_eq!(target(["a", "b", "a"]).unwrap_err().exit_code(), 2);
    let error = fitted.targets(&table("y\n0\n"), &[0]).unwrap_err();
    assert_eq!(error.headline(), "x.csv:2:1: target \"y\": 0 has no logarithm, and the model learned logarithms");
}
