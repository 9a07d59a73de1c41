//! Frozen numbers: the JSON files of `testdata`, read and compared.

use clione::base::real::Real;
use serde_json::Value;

/// The whole file.
pub fn read(path: &str) -> Value {
    let path = format!("{}/../../testdata/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every number of nested lists, row by row.
pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap_or_else(|| panic!("a number, not {number}"))],
    }
}

/// Fails unless each number is the expected one within `tolerance`, absolutely below 1 and relatively above.
pub fn assert_close<T: Real>(found: &[T], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let agrees = (found.to_f64() - expected).abs() <= tolerance * expected.abs().max(1.0); // false for NaN
        assert!(agrees, "{what} in {}: number {at} is {found}, not {expected}", T::NAME);
    }
}
