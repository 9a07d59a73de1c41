//! Numbers on a page: short for the eye, in full beside it, and under the key that they have in JSON.

use crate::data::findings::grouped;
use crate::report::markup::Markup;

/// A number as an element: what is shown, its key, and its value in full.
pub(in crate::report) fn figure(key: &str, value: f64, shown: &str) -> Markup {
    let mut markup = Markup::default();
    markup.element("data", &[("data-key", key), ("value", &value.to_string())], shown);
    markup
}

/// A measured number, shown with about four digits.
pub(super) fn measured(key: &str, value: f64) -> Markup {
    figure(key, value, &short(value))
}

/// A count.
pub(super) fn count(key: &str, value: usize) -> Markup {
    figure(key, value as f64, &grouped(value))
}

/// A share, shown in percent.
pub(super) fn share(key: &str, value: f64) -> Markup {
    figure(key, value, &percent(value))
}

/// About four digits of a number: `0.7662`, `12.35`, `49,123`.
pub(in crate::report) fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        0.0 => "0".to_owned(),
        1e15.. => format!("{value:.3e}"),
        1e3.. => format!("{}{}", if value < 0.0 { "-" } else { "" }, grouped(size.round() as usize)),
        1e2.. => format!("{value:.2}"),
        1e1.. => format!("{value:.3}"),
        1e-3.. => format!("{value:.4}"),
        1e-6.. => format!("{value:.6}"),
        _ => format!("{value:.2e}"),
    }
}

/// A number of a table as text: at most six digits, without zeros at its end.
pub(super) fn plain(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) {
        return format!("{value:.3e}");
    }
    let whole_digits = if size < 1.0 { 1 } else { size.log10() as usize + 1 };
    let text = format!("{value:.*}", 6usize.saturating_sub(whole_digits));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share in percent with one decimal: `76.6 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The longest text of a cell or a sentence.
const LONGEST: usize = 80;

/// The beginning of a long text.
pub(super) fn beginning(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_one_can_use() {
        for (value, shown) in [
            (0.0, "0"),
            (0.766_233_7, "0.7662"),
            (12.345_67, "12.346"),
            (49_123.4, "49,123"),
            (-49_123.4, "-49,123"),
            (1234.56, "1,235"),
            (-0.000_020_4, "-0.000020"),
            (0.000_000_012_3, "1.23e-8"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(value), shown);
        }
        for (value, shown) in [(5.1, "5.1"), (0.0, "0"), (1_000_000.0, "1000000"), (-0.25, "-0.25"), (1e12, "1.000e12")]
        {
            assert_eq!(plain(value), shown);
        }
    }

    #[test]
    fn the_value_in_full_is_read_back_as_the_same_number() {
        let value = 0.1 + 0.2;
        let text = figure("metrics.x", value, &short(value)).text().to_owned();
        assert_eq!(text, "<data data-key=\"metrics.x\" value=\"0.30000000000000004\">0.3000</data>");
    }
}
