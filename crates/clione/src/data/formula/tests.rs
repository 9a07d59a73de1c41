//! Tests of `formula`.

use super::*;
use crate::data::table::{ReadOptions, Table};

const TABLE: &str = "a,b,lot size,when,kind\n2,3,100,2019-03-23 20:21:09,x\n-4,,7,1970-01-02,y z\n";

/// What a formula gives in both rows of the table.
fn values(text: &str) -> Result<[Option<f64>; 2]> {
    let table = Table::from_bytes("x.csv", TABLE.as_bytes().to_vec(), &ReadOptions::default()).unwrap();
    let frame = Frame::new(&table);
    let formula = Formula::read(text)?;
    let columns = formula.mentions().iter().map(|mention| Ok((frame.find(&mention.name)?, DayOrder::YearFirst)));
    let bound = Bound::new(&formula, &frame, columns.collect::<Result<_>>()?);
    Ok([bound.at(0)?, bound.at(1)?])
}

fn first(text: &str) -> f64 {
    values(text).unwrap()[0].unwrap()
}

fn refusal(text: &str) -> (String, String) {
    let error = Formula::read(text).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    (error.headline().to_string(), error.notes()[1].clone())
}

#[test]
fn operators_bind_as_on_paper() {
    for (text, value) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 4 - 3", 3.0),
        ("24 / 4 / 2", 3.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("--3", 3.0),
        ("9 ^ 0.5", 3.0),
        ("1.5e2 + .5", 150.5),
        ("1 < 2 and 2 < 1 or 3 = 3", 1.0),
        ("not 1 > 2", 1.0),
        ("(a > 1) + (b > 1)", 2.0),
        ("`lot size` / a", 50.0),
        ("min(a, b, -1) + max(a, b)", 2.0),
        ("floor(2.7) + abs(-1) + sqrt(16)", 7.0),
        ("kind = 'x'", 1.0),
        ("kind != \"x\"", 0.0),
        ("hour(when) * 60 + minute(when)", 1221.0),
        ("weekday(when)", 5.0),
        ("days(when) > 17000", 1.0),
    ] {
        assert_eq!(first(text), value, "{text}");
    }
    assert!((first("ln(exp(2)) + sin(0) + cos(0)") - 3.0).abs() < 1e-15);
    assert!((first("2 ^ 1.5") - 2.0 * std::f64::consts::SQRT_2).abs() < 1e-14);
}

#[test]
fn what_needs_a_missing_value_is_missing_unless_the_rest_decides() {
    let second = |text: &str| values(text).unwrap()[1];
    assert_eq!(second("a + b"), None);
    assert_eq!(second("b > 1"), None);
    assert_eq!(second("not b > 1"), None);
    assert_eq!(second("b > 1 and a > 0"), Some(0.0));
    assert_eq!(second("a < 0 or b > 1"), Some(1.0));
    assert_eq!(second("b > 1 or a > 0"), None);
    assert_eq!(second("kind = 'y z'"), Some(1.0));
}

#[test]
fn distances_go_along_the_globe() {
    // From New York to London and to the other side of the world.
    let found = first("distance(40.7128, -74.0060, 51.5074, -0.1278)");
    assert!((found - 5_570.229_873_656_523).abs() < 1e-9, "{found}");
    let half = first("distance(0, 0, 0, 180)");
    assert!((half - std::f64::consts::PI * 6_371.008_8).abs() < 1e-9, "{half}");
    assert_eq!(first("distance(40, -74, 40, -74)"), 0.0);
}

#[test]
fn errors_point_at_the_character() {
    let (headline, pointer) = refusal("distance(a, b");
    assert_eq!(headline, "formula: expected `)`, but the formula ends at character 14");
    assert_eq!(pointer, "             ^");
    for (text, headline) in [
        ("a +", "expected a number or a column, but the formula ends at character 4"),
        ("a b", "expected an operator or the end at character 3"),
        ("a $ b", "'$' means nothing at character 3"),
        ("1 < a < 3", "expected `and` between two comparisons at character 7"),
        (
            "'a' = a",
            "'a' stands on the right of a column and = or !=; a column's name is put between backticks, at character 1",
        ),
        ("a < 'x'", "only a column can be compared with a word, by = or !=, at character 1"),
        ("sqr(a)", "no function \"sqr\" at character 1"),
        ("1 + distance(a)", "distance takes 4 numbers, not 1 at character 5"),
        ("min(a)", "min takes 2 numbers or more, not 1 at character 1"),
        ("hour(3)", "expected a column of dates at character 6"),
        ("1.2.3", "1.2.3 is no number at character 1"),
        ("'open", "this quote is never closed at character 1"),
        ("and", "expected a number or a column at character 1"),
        ("", "expected a number or a column, but the formula ends at character 1"),
    ] {
        assert_eq!(refusal(text).0, format!("formula: {headline}"), "{text}");
    }
    assert!(refusal(&"(".repeat(900)).0.contains("too many parentheses"));
    assert!(refusal(&"2^".repeat(400)).0.contains("too many powers"));
    assert!(refusal(&"1+".repeat(100_000)).0.contains("more than 1000 words and signs"));
    assert!(Formula::read(&format!("{}a and not not a", "-".repeat(900))).is_ok());
}

#[test]
fn a_name_and_a_formula_make_a_column() {
    let (name, formula) = Formula::read_named("`a day` = days(when)").unwrap();
    assert_eq!((name.as_str(), formula.mentions()[0].is_date, formula.is_question()), ("a day", true, false));
    assert!(Formula::read("a < 3 or a > 4").unwrap().is_question());
    for text in ["distance(a, b)", "= 3", "3 = a"] {
        assert!(Formula::read_named(text).is_err(), "{text}");
    }
}

#[test]
fn a_cell_that_cannot_be_read_is_named() {
    let error = values("kind * 2").unwrap_err();
    assert_eq!(error.headline(), "x.csv:2:29: column \"kind\": cannot read \"x\" as a finite number");
    assert_eq!(error.notes(), ["a formula needs it: kind * 2"]);
    assert!(values("hour(a)").unwrap_err().headline().ends_with("cannot read \"2\" as a date"));
}
