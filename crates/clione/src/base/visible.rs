//! Characters that command a terminal or an editor instead of being shown: told apart, and shown as escapes.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character is a control character (C0, DEL, C1), turns the direction of the text around it, breaks a line in some
/// programs only, or is a noncharacter or a tag, which nothing shows. Joiners are none of them: words and emoji need those.
///
/// ```
/// use clione::base::visible::is_hidden;
/// assert!(['\x1b', '\0', '\n', '\u{9b}', '\u{202e}', '\u{2067}'].into_iter().all(is_hidden));
/// assert!(!['a', ' ', 'é', '🦀', '\u{200d}'].into_iter().any(is_hidden));
/// ```
pub fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    ) || letter.is_control()
}

/// The text with every hidden character as an escape, `\u{1b}`; all but the ends of lines and tabs.
///
/// ```
/// use clione::base::visible::visible;
/// assert_eq!(visible("a\n\x1b[31mred\0"), "a\n\\u{1b}[31mred\\0");
/// assert_eq!(visible("\r\u{202e}"), "\\r\\u{202e}");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_changed = |letter: char| is_hidden(letter) && !matches!(letter, '\n' | '\t');
    if !text.contains(is_changed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_changed(letter) { shown.extend(letter.escape_debug()) } else { shown.push(letter) }
    }
    Cow::Owned(shown)
}

/// As [`visible`], for a text that has to stay on its line: ends of lines and tabs too.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    let mut shown = visible(text);
    for (sign, escaped) in [("\n", "\\n"), ("\t", "\\t")] {
        if shown.contains(sign) {
            shown = Cow::Owned(shown.replace(sign, escaped));
        }
    }
    shown
}

/// JSON with every hidden character as an escape of JSON, `\u001b`; outside of its strings there are none.
///
/// ```
/// use clione::base::visible::visible_in_json;
/// assert_eq!(visible_in_json("\"\u{9b}\u{202e}\"\n"), "\"\\u009b\\u202e\"\n");
/// ```
pub fn visible_in_json(json: &str) -> Cow<'_, str> {
    let is_changed = |letter: char| is_hidden(letter) && letter != '\n';
    if !json.contains(is_changed) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        if is_changed(letter) {
            let written: std::fmt::Result =
                letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(shown, "\\u{unit:04x}"));
            written.expect("a text can grow");
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_is_left_of_any_character() {
        for letter in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let text = letter.to_string();
            let keeps = |shown: &str, kept: &[char]| shown.chars().all(|c| !is_hidden(c) || kept.contains(&c));
            assert!(keeps(&visible(&text), &['\n', '\t']), "{letter:?}");
            assert!(keeps(&on_one_line(&text), &[]), "{letter:?}");
            assert!(keeps(&visible_in_json(&text), &['\n']), "{letter:?}");
            if !is_hidden(letter) {
                assert_eq!(visible(&text), text);
            }
        }
    }
}
