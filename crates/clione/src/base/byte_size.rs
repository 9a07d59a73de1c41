//! Numbers of bytes in words.

/// The units of bytes, the largest first.
const UNITS: &[(f64, &str)] =
    &[(1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes")];

/// A number of bytes in the largest unit that there is one of.
///
/// ```
/// use clione::base::byte_size::in_words;
/// assert_eq!([in_words(12_700_000_000_000), in_words(16_400), in_words(999)], ["12.7 TB", "16.4 kB", "999 bytes"]);
/// ```
pub fn in_words(bytes: u128) -> String {
    match UNITS.iter().find(|(scale, _)| bytes as f64 >= *scale) {
        Some((scale, unit)) if *scale > 1.0 => format!("{:.1} {unit}", bytes as f64 / scale),
        _ => format!("{bytes} bytes"),
    }
}

/// Reads a number of bytes: `8G`, `500MB`, `1.5 GiB`; k, M, G and T are powers of 1000, with an i of 1024.
///
/// ```
/// use clione::base::byte_size::parse;
/// assert_eq!([parse("8G"), parse("1.5 gb"), parse("2KiB"), parse("70")], [8_000_000_000, 1_500_000_000, 2048, 70].map(Ok));
/// assert!(parse("much").is_err());
/// ```
pub fn parse(text: &str) -> Result<u128, String> {
    const EXPECTED: &str = "expected a number of bytes, such as 500M or 8G";
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let number: f64 = text[..end].parse().map_err(|_| EXPECTED.to_owned())?;
    let unit = text[end..].trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (unit, base) = unit.strip_suffix('i').map_or((unit, 1000.0_f64), |unit| (unit, 1024.0));
    let power = ["", "k", "m", "g", "t"].iter().position(|known| *known == unit).ok_or(EXPECTED)?;
    Ok((number * base.powi(power as i32)) as u128)
}
