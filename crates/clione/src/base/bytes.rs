//! Numbers of bytes in words.

/// The units of bytes, the largest first.
const UNITS: &[(f64, &str)] =
    &[(1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes")];

/// A number of bytes in the largest unit that there is one of.
///
/// ```
/// use clione::base::bytes::in_words;
/// assert_eq!([in_words(12_700_000_000_000), in_words(16_400), in_words(999)], ["12.7 TB", "16.4 kB", "999 bytes"]);
/// ```
pub fn in_words(bytes: u128) -> String {
    match UNITS.iter().find(|(scale, _)| bytes as f64 >= *scale) {
        Some((scale, unit)) if *scale > 1.0 => format!("{:.1} {unit}", bytes as f64 / scale),
        _ => format!("{bytes} bytes"),
    }
}
