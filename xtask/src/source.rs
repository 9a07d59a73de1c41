//! A Rust file as a flat list of tokens with their lines; comments and docs are left out, test code is marked.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword.
    Word,
    /// A string, without its quotes.
    Text,
    /// Punctuation or a bracket; `::` and `=>` are one token each.
    Sign,
    /// A number, a character, a byte string.
    Other,
}

/// One token.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// How it is written.
    pub text: String,
    /// Where it stands; the first line is 1.
    pub line: usize,
    /// Whether it belongs to an item under `#[cfg(test)]`.
    pub is_test: bool,
}

impl Token {
    /// Whether it is this name or keyword.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    /// Whether it is this punctuation.
    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }
}

/// One Rust file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its place in the repository, with `/` between folders.
    pub path: String,
    /// Everything but comments and docs.
    pub tokens: Vec<Token>,
}

impl Source {
    /// The tokens of a file. Fails with a line and what is wrong when the text is no Rust.
    pub fn parse(path: &str, text: &str) -> Result<Self, (usize, String)> {
        let stream: TokenStream = text
            .parse()
            .map_err(|error: proc_macro2::LexError| (error.span().start().line, format!("no Rust: {error}")))?;
        let mut tokens = Vec::new();
        flatten(stream, false, &mut tokens);
        Ok(Source { path: path.to_owned(), tokens })
    }

    /// The tokens outside tests, each with those after it.
    pub fn code(&self) -> impl Iterator<Item = (&Token, &[Token])> {
        let rests = (0..self.tokens.len()).map(|at| &self.tokens[at + 1..]);
        self.tokens.iter().zip(rests).filter(|(token, _)| !token.is_test)
    }

    /// Marks everything as test code.
    pub fn mark_as_test(&mut self) {
        self.tokens.iter_mut().for_each(|token| token.is_test = true);
    }

    /// The modules that are declared as `#[cfg(test)] mod name;`, so stand in a file of their own.
    pub fn test_modules(&self) -> impl Iterator<Item = &str> {
        self.tokens.windows(3).filter_map(|three| match three {
            [keyword, name, end] if keyword.is_test && keyword.is_word("mod") && end.is_sign(";") => Some(&*name.text),
            _ => None,
        })
    }
}

/// Appends the tokens of `stream`, brackets opened.
fn flatten(stream: TokenStream, is_test: bool, out: &mut Vec<Token>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let (mut at, mut item_is_test) = (0, is_test);
    while at < trees.len() {
        let line = trees[at].span().start().line;
        let mut push = |kind, text: String, is_test| out.push(Token { kind, text, line, is_test });
        match &trees[at] {
            TokenTree::Punct(sign) => {
                if let Some((attribute, length)) = attribute(&trees[at..]) {
                    item_is_test |= is_cfg_test(attribute);
                    if !is_doc(attribute) {
                        flatten(attribute.stream(), item_is_test, out);
                    }
                    at += length;
                    continue;
                }
                let next = trees.get(at + 1).map(ToString::to_string).unwrap_or_default();
                let double = matches!((sign.as_char(), next.as_str()), (':', ":") | ('=', ">"));
                if double {
                    push(Kind::Sign, format!("{sign}{next}"), item_is_test);
                    at += 1;
                } else {
                    push(Kind::Sign, sign.to_string(), item_is_test);
                }
                if sign.as_char() == ';' {
                    item_is_test = is_test;
                }
            }
            TokenTree::Ident(word) => push(Kind::Word, word.to_string(), item_is_test),
            TokenTree::Literal(literal) => {
                let written = literal.to_string();
                match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                    Some(text) => push(Kind::Text, text.to_owned(), item_is_test),
                    None => push(Kind::Other, written, item_is_test),
                }
            }
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                push(Kind::Sign, open.to_owned(), item_is_test);
                flatten(group.stream(), item_is_test, out);
                let line = group.span_close().start().line;
                out.push(Token { kind: Kind::Sign, text: close.to_owned(), line, is_test: item_is_test });
                if group.delimiter() == Delimiter::Brace {
                    item_is_test = is_test;
                }
            }
        }
        at += 1;
    }
}

/// The attribute that these tokens begin with, and how many of them it takes.
fn attribute(trees: &[TokenTree]) -> Option<(&Group, usize)> {
    match trees {
        [TokenTree::Punct(hash), TokenTree::Group(group), ..] if is_attribute(hash.as_char(), group) => {
            Some((group, 2))
        }
        [TokenTree::Punct(hash), TokenTree::Punct(inner), TokenTree::Group(group), ..]
            if inner.as_char() == '!' && is_attribute(hash.as_char(), group) =>
        {
            Some((group, 3))
        }
        _ => None,
    }
}

fn is_attribute(sign: char, group: &Group) -> bool {
    sign == '#' && group.delimiter() == Delimiter::Bracket
}

fn is_doc(attribute: &Group) -> bool {
    attribute.stream().into_iter().next().is_some_and(|first| first.to_string() == "doc")
}

/// `cfg(test)`, also among other conditions, but not `cfg(not(test))`.
fn is_cfg_test(attribute: &Group) -> bool {
    let mut tokens = Vec::new();
    flatten(attribute.stream(), false, &mut tokens);
    let has = |word| tokens.iter().any(|token| token.is_word(word));
    tokens.first().is_some_and(|first| first.is_word("cfg")) && has("test") && !has("not")
}

fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_docs_are_left_out_and_lines_are_kept() {
        let source = Source::parse("a.rs", "//! One.\n\n/// Two: dbg!\nfn f() {} // three\n/* four */").unwrap();
        let words: Vec<&str> = source.tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(words, ["fn", "f", "(", ")", "{", "}"]);
        assert_eq!(source.tokens[0].line, 4);
    }

    #[test]
    fn items_under_cfg_test_are_marked_and_those_after_them_are_not() {
        let text = "fn a() {}\n#[cfg(test)]\n#[path = \"x\"]\nmod tests { fn b() {} }\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}";
        let source = Source::parse("a.rs", text).unwrap();
        let of = |name: &str| source.tokens.iter().find(|token| token.is_word(name)).unwrap().is_test;
        assert_eq!(["a", "b", "c", "d", "e"].map(of), [false, true, false, true, false]);
        assert_eq!(source.test_modules().collect::<Vec<_>>(), ["d"]);
        assert!(
            !Source::parse("a.rs", "#[cfg(not(test))] fn f() {}")
                .unwrap()
                .tokens
                .iter()
                .any(|t| t.is_test && t.is_word("f"))
        );
    }

    #[test]
    fn what_is_no_rust_is_named_with_its_line() {
        assert_eq!(Source::parse("a.rs", "fn f() {\n}}").unwrap_err().0, 2);
    }
}
