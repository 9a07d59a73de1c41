//! Reading a formula: characters become words and signs, and these become what is worked out.

use super::{DAYS, Expression, Formula, Function, Mention, Operator, pointed};
use crate::base::error::{Error, Result, nearest};
use crate::data::date::DatePart;

/// Longer and deeper formulas than any person writes are refused before they take the stack.
const LONGEST: usize = 1000;
const DEEPEST: usize = 100;

impl Formula {
    /// Reads a formula. Fails at the first character that does not fit.
    pub(in crate::data) fn read(text: &str) -> Result<Formula> {
        let tokens = tokens(text)?;
        Parser { text, tokens: &tokens, next: 0, depth: 0, mentions: Vec::new() }.formula()
    }

    /// Reads `name = formula`.
    pub(crate) fn read_named(text: &str) -> Result<(String, Formula)> {
        let tokens = tokens(text)?;
        match &tokens[..] {
            [
                Token { kind: Kind::Name(name) | Kind::Quoted(name), .. },
                Token { kind: Kind::Sign("="), .. },
                rest @ ..,
            ] => {
                let formula = Parser { text, tokens: rest, next: 0, depth: 0, mentions: Vec::new() }.formula()?;
                Ok((name.clone(), formula))
            }
            _ => Err(pointed(text, 0, "expected the name of the new column and =")
                .note("as in --derive 'trip = distance(a, b, c, d)'")),
        }
    }
}

/// A word or sign, and the character where it begins, counted from 0.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    kind: Kind,
    at: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Number(f64),
    /// A name, or one of `and or not`.
    Name(String),
    /// A name between backticks.
    Quoted(String),
    /// A word in quotes.
    Word(String),
    Sign(&'static str),
}

/// Longer signs first: `<=` is not `<` and `=`.
const SIGNS: &[&str] = &["<=", ">=", "!=", "==", "<", ">", "=", "+", "-", "*", "/", "^", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<Token>> {
    let signs: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < signs.len() {
        let start = at;
        let run = |from: usize, fits: &dyn Fn(char) -> bool| -> usize {
            from + signs[from..].iter().take_while(|&&sign| fits(sign)).count()
        };
        let string = |end: usize| signs[start..end].iter().collect::<String>();
        let kind = match signs[at] {
            blank if blank.is_whitespace() => {
                at += 1;
                continue;
            }
            first
                if first.is_ascii_digit() || (first == '.' && signs.get(at + 1).is_some_and(char::is_ascii_digit)) =>
            {
                at = run(at, &|sign| sign.is_ascii_digit() || sign == '.');
                if at < signs.len() && matches!(signs[at], 'e' | 'E') {
                    let digits = at + 1 + usize::from(matches!(signs.get(at + 1), Some('+' | '-')));
                    let end = run(digits.min(signs.len()), &|sign| sign.is_ascii_digit());
                    at = if end > digits { end } else { at };
                }
                match string(at).parse::<f64>() {
                    Ok(number) if number.is_finite() => Kind::Number(number),
                    Ok(_) | Err(_) => return Err(pointed(text, start, &format!("{} is no number", string(at)))),
                }
            }
            first if first.is_alphabetic() || first == '_' => {
                at = run(at, &|sign| sign.is_alphanumeric() || sign == '_' || sign == '.');
                Kind::Name(string(at))
            }
            quote @ ('`' | '\'' | '"') => {
                let end = run(at + 1, &|sign| sign != quote);
                if end == signs.len() {
                    return Err(pointed(text, start, "this quote is never closed"));
                }
                at = end + 1;
                let inside: String = signs[start + 1..end].iter().collect();
                let inside = inside.trim().to_string();
                if quote == '`' { Kind::Quoted(inside) } else { Kind::Word(inside) }
            }
            other => {
                let is_here =
                    |sign: &&&str| sign.chars().zip(&signs[at..]).filter(|(a, b)| a == *b).count() == sign.len();
                let Some(sign) = SIGNS.iter().find(is_here) else {
                    return Err(pointed(text, start, &format!("'{other}' means nothing")));
                };
                at += sign.len();
                Kind::Sign(sign)
            }
        };
        if tokens.len() == LONGEST {
            return Err(pointed(text, start, &format!("more than {LONGEST} words and signs")));
        }
        tokens.push(Token { kind, at: start });
    }
    Ok(tokens)
}

/// One method for each strength of binding, the weakest first.
struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
    depth: usize,
    mentions: Vec<Mention>,
}

impl Parser<'_> {
    fn formula(mut self) -> Result<Formula> {
        let root = self.any()?;
        if self.next < self.tokens.len() {
            return Err(self.unexpected("an operator or the end"));
        }
        Ok(Formula { text: self.text.to_string(), root, mentions: self.mentions })
    }

    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    /// Where the next token begins; behind the text after the last one.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.chars().count(), |token| token.at)
    }

    fn unexpected(&self, expected: &str) -> Error {
        let found = if self.next < self.tokens.len() { "" } else { ", but the formula ends" };
        pointed(self.text, self.at(), &format!("expected {expected}{found}"))
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is_here = matches!(self.peek(), Some(Kind::Sign(next)) if *next == sign);
        self.next += usize::from(is_here);
        is_here
    }

    fn take_name(&mut self, name: &str) -> bool {
        let is_here = matches!(self.peek(), Some(Kind::Name(next)) if next == name);
        self.next += usize::from(is_here);
        is_here
    }

    fn any(&mut self) -> Result<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(pointed(self.text, self.at(), "too many parentheses within each other"));
        }
        let mut left = self.all()?;
        while self.take_name("or") {
            left = both(Operator::Or, left, self.all()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn all(&mut self) -> Result<Expression> {
        let mut left = self.negation()?;
        while self.take_name("and") {
            left = both(Operator::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression> {
        let mut count = 0;
        while self.take_name("not") {
            count += 1;
        }
        let inner = self.comparison()?;
        let not = |inner| Expression::Not(Box::new(inner));
        Ok(match count {
            0 => inner,
            _ if count % 2 == 1 => not(inner),
            _ => not(not(inner)),
        })
    }

    fn comparison(&mut self) -> Result<Expression> {
        let start = self.next;
        let left = self.sum()?;
        let Some(&Kind::Sign(sign)) = self.peek() else { return Ok(left) };
        let operator = match sign {
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "=" | "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            _ => return Ok(left),
        };
        self.next += 1;
        if let Some(Kind::Word(word)) = self.peek().cloned() {
            return match (left, operator) {
                (Expression::Column(column), Operator::Equal | Operator::NotEqual) => {
                    self.next += 1;
                    Ok(Expression::IsWord(column, word, operator == Operator::Equal))
                }
                _ => {
                    let at = self.tokens[start].at;
                    Err(pointed(self.text, at, "only a column can be compared with a word, by = or !=,"))
                }
            };
        }
        let right = self.sum()?;
        if let Some(Kind::Sign("<" | "<=" | ">" | ">=" | "=" | "==" | "!=")) = self.peek() {
            return Err(self.unexpected("`and` between two comparisons"));
        }
        Ok(both(operator, left, right))
    }

    fn sum(&mut self) -> Result<Expression> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some(Kind::Sign("+")) => Operator::Plus,
                Some(Kind::Sign("-")) => Operator::Minus,
                Some(_) | None => return Ok(left),
            };
            self.next += 1;
            left = both(operator, left, self.product()?);
        }
    }

    fn product(&mut self) -> Result<Expression> {
        let mut left = self.signed()?;
        loop {
            let operator = match self.peek() {
                Some(Kind::Sign("*")) => Operator::Times,
                Some(Kind::Sign("/")) => Operator::Divided,
                Some(_) | None => return Ok(left),
            };
            self.next += 1;
            left = both(operator, left, self.signed()?);
        }
    }

    fn signed(&mut self) -> Result<Expression> {
        let mut is_negative = false;
        while self.take_sign("-") {
            is_negative = !is_negative;
        }
        let inner = self.power()?;
        Ok(if is_negative { Expression::Negative(Box::new(inner)) } else { inner })
    }

    fn power(&mut self) -> Result<Expression> {
        let base = self.atom()?;
        if !self.take_sign("^") {
            return Ok(base);
        }
        // 2^3^2 is 2^9, and 2^-1 is a half.
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(pointed(self.text, self.at(), "too many powers within each other"));
        }
        let exponent = self.signed()?;
        self.depth -= 1;
        Ok(both(Operator::Power, base, exponent))
    }

    fn atom(&mut self) -> Result<Expression> {
        let at = self.at();
        let Some(kind) = self.peek().cloned() else { return Err(self.unexpected("a number or a column")) };
        match kind {
            Kind::Number(number) => {
                self.next += 1;
                Ok(Expression::Number(number))
            }
            Kind::Name(name) if matches!(self.tokens.get(self.next + 1), Some(Token { kind: Kind::Sign("("), .. })) => {
                self.next += 2;
                self.call(&name, at)
            }
            Kind::Name(name) if ["and", "or", "not"].contains(&name.as_str()) => {
                Err(self.unexpected("a number or a column"))
            }
            Kind::Name(name) | Kind::Quoted(name) => {
                self.next += 1;
                Ok(Expression::Column(self.mention(name, at, false)))
            }
            Kind::Word(word) => Err(pointed(
                self.text,
                at,
                &format!(
                    "'{word}' stands on the right of a column and = or !=; a column's name is put between backticks,"
                ),
            )),
            Kind::Sign("(") => {
                self.next += 1;
                let inner = self.any()?;
                self.close()?;
                Ok(inner)
            }
            Kind::Sign(_) => Err(self.unexpected("a number or a column")),
        }
    }

    fn close(&mut self) -> Result<()> {
        if self.take_sign(")") { Ok(()) } else { Err(self.unexpected("`)`")) }
    }

    /// A function whose opening parenthesis was taken.
    fn call(&mut self, name: &str, at: usize) -> Result<Expression> {
        let part = DatePart::all().iter().copied().find(|part| part.name() == name);
        if part.is_some() || name == DAYS {
            let (Some(Kind::Name(column) | Kind::Quoted(column)), column_at) = (self.peek().cloned(), self.at()) else {
                return Err(self.unexpected("a column of dates"));
            };
            self.next += 1;
            self.close()?;
            let column = self.mention(column, column_at, true);
            return Ok(part.map_or(Expression::Days(column), |part| Expression::Part(part, column)));
        }
        let Ok(function) = Function::named(name) else {
            let functions = Function::all().iter().map(|function| function.name());
            let names: Vec<&str> =
                functions.chain(DatePart::all().iter().map(|part| part.name())).chain([DAYS]).collect();
            let error = pointed(self.text, at, &format!("no function \"{name}\""));
            let error = match nearest(name, names.iter().copied()) {
                Some(near) => error.note(format!("did you mean \"{near}\"?")),
                None => error,
            };
            return Err(error.note(format!("functions: {}", names.join(", "))));
        };
        let mut arguments = vec![self.any()?];
        while self.take_sign(",") {
            arguments.push(self.any()?);
        }
        self.close()?;
        let (least, most) = function.arguments();
        if arguments.len() < least || arguments.len() > most {
            let problem = format!("{name} takes {least} numbers{}, not {}", more(most), arguments.len());
            return Err(pointed(self.text, at, &problem));
        }
        Ok(Expression::Call(function, arguments))
    }

    /// The place of a column among the mentions.
    fn mention(&mut self, name: String, at: usize, is_date: bool) -> usize {
        let known = self.mentions.iter().position(|mention| mention.name == name && mention.is_date == is_date);
        known.unwrap_or_else(|| {
            self.mentions.push(Mention { name, is_date, at });
            self.mentions.len() - 1
        })
    }
}

fn more(most: usize) -> &'static str {
    if most == usize::MAX { " or more" } else { "" }
}

fn both(operator: Operator, left: Expression, right: Expression) -> Expression {
    Expression::Both(operator, Box::new([left, right]))
}
