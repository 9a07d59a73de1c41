//! Markup for pages and pictures: tags that only the program writes, and words from elsewhere that cannot become tags.

use crate::base::visible::is_hidden;

/// A piece of HTML or SVG. Tags and names of attributes are literals of the program; everything else is escaped.
///
/// ```
/// use clione::report::markup::Markup;
/// let mut markup = Markup::default();
/// markup.element("p", &[("title", "a \"b\"")], "1 < 2");
/// assert_eq!(markup.text(), "<p title=\"a &quot;b&quot;\">1 &lt; 2</p>");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup {
    text: String,
}

/// Attributes of a tag: name, value.
pub type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Markup {
    /// Writes what the program itself contains.
    pub fn literal(&mut self, markup: &'static str) -> &mut Self {
        self.text.push_str(markup);
        self
    }

    /// Writes words; none of their characters is read as markup.
    pub fn words(&mut self, words: &str) -> &mut Self {
        words.chars().for_each(|letter| escape(letter, &mut self.text));
        self
    }

    /// Opens a tag.
    pub fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) -> &mut Self {
        self.begin(tag, attributes);
        self.text.push('>');
        self
    }

    /// Closes a tag.
    pub fn close(&mut self, tag: &'static str) -> &mut Self {
        self.literal("</").literal(tag).literal(">")
    }

    /// A tag with nothing in it, `<line .../>`.
    pub fn empty(&mut self, tag: &'static str, attributes: Attributes<'_>) -> &mut Self {
        self.begin(tag, attributes);
        self.literal("/>")
    }

    /// A tag around words.
    pub fn element(&mut self, tag: &'static str, attributes: Attributes<'_>, words: &str) -> &mut Self {
        self.open(tag, attributes).words(words).close(tag)
    }

    /// Writes another piece behind this one.
    pub fn append(&mut self, other: &Markup) -> &mut Self {
        self.text.push_str(&other.text);
        self
    }

    /// The piece as text.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn begin(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.literal("<").literal(tag);
        for (name, value) in attributes {
            self.literal(" ").literal(name).literal("=\"").words(value).literal("\"");
        }
    }
}

/// Characters that mean something in markup are named. Those that cannot be seen, or that turn the direction of the text
/// around them, would let a column pretend to be another one: a mark stands in their place.
fn escape(letter: char, text: &mut String) {
    match letter {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '"' => text.push_str("&quot;"),
        '\'' => text.push_str("&#39;"),
        '\n' | '\t' => text.push(letter),
        letter if is_hidden(letter) => text.push('\u{fffd}'),
        letter => text.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_becomes_a_tag_or_ends_an_attribute() {
        let mut markup = Markup::default();
        let hostile = "</p><script>alert('1')</script>\" onload=\"x";
        markup.open("p", &[("title", hostile)]).words(hostile).close("p");
        assert_eq!(markup.text().matches('<').count(), 2);
        assert_eq!(markup.text().matches('"').count(), 2);
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        let mut markup = Markup::default();
        markup.words("a\u{0}b\u{202e}c\u{7f}d");
        assert_eq!(markup.text(), "a\u{fffd}b\u{fffd}c\u{fffd}d");
    }
}
