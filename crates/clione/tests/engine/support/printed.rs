//! Works out formulas from their printed text, as a reader would: nothing of how clione computes is used.

use std::collections::HashMap;
use std::rc::Rc;

/// Rows of numbers; of a value with more axes, all numbers of an example are one row.
#[derive(Clone, Debug)]
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub numbers: Vec<f64>,
}

impl Matrix {
    fn single(number: f64) -> Matrix {
        Matrix { rows: 1, columns: 1, numbers: vec![number] }
    }

    fn each(&self, f: impl Fn(f64) -> f64) -> Matrix {
        Matrix { numbers: self.numbers.iter().map(|&x| f(x)).collect(), ..*self }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.numbers[row.min(self.rows - 1) * self.columns + column.min(self.columns - 1)]
    }

    /// Number by number; rows, columns and single numbers are repeated.
    fn with(&self, other: &Matrix, f: impl Fn(f64, f64) -> f64) -> Matrix {
        let fits = |a: usize, b: usize| a == b || a == 1 || b == 1;
        assert!(fits(self.rows, other.rows) && fits(self.columns, other.columns), "{self:?} beside {other:?}");
        let (rows, columns) = (self.rows.max(other.rows), self.columns.max(other.columns));
        let numbers = (0..rows * columns).map(|at| {
            let (row, column) = (at / columns, at % columns);
            f(self.at(row, column), other.at(row, column))
        });
        Matrix { rows, columns, numbers: numbers.collect() }
    }

    fn times(&self, other: &Matrix) -> Matrix {
        assert_eq!(self.columns, other.rows, "{self:?} times {other:?}");
        let of = |at: usize| {
            let (row, column) = (at / other.columns, at % other.columns);
            (0..self.columns).map(|k| self.at(row, k) * other.at(k, column)).sum()
        };
        let numbers = (0..self.rows * other.columns).map(of).collect();
        Matrix { rows: self.rows, columns: other.columns, numbers }
    }

    fn transposed(&self) -> Matrix {
        let numbers = (0..self.numbers.len()).map(|at| self.at(at % self.rows, at / self.rows)).collect();
        Matrix { rows: self.columns, columns: self.rows, numbers }
    }

    fn columns(&self, range: std::ops::Range<usize>) -> Matrix {
        let numbers = self.numbers.chunks(self.columns).flat_map(|row| row[range.clone()].to_vec()).collect();
        Matrix { rows: self.rows, columns: range.len(), numbers }
    }

    fn beside(&self, other: &Matrix) -> Matrix {
        let rows = self.numbers.chunks(self.columns).zip(other.numbers.chunks(other.columns));
        let numbers = rows.flat_map(|(a, b)| [a, b].concat()).collect();
        Matrix { rows: self.rows, columns: self.columns + other.columns, numbers }
    }
}

/// What names stand for.
#[derive(Default)]
pub struct Page {
    pub values: HashMap<String, Matrix>,
    /// The arguments of each function, and its formula.
    functions: Rc<HashMap<String, (Vec<String>, String)>>,
}

impl Page {
    /// Takes note of a function, as `relu(z) = max(z, 0)`.
    pub fn learn(&mut self, line: &str) {
        let (head, formula) = line.split_once(" = ").expect("a definition");
        let (name, arguments) = head.trim_end_matches(')').split_once('(').expect("a function with arguments");
        let arguments = arguments.split(", ").map(str::to_owned).collect();
        Rc::make_mut(&mut self.functions).insert(name.to_owned(), (arguments, formula.to_owned()));
    }

    /// Works out `Z1 = X · W1` and takes note of it; gives the name and the value.
    pub fn define(&mut self, line: &str) -> (String, Matrix) {
        let (name, formula) = line.split_once(" = ").expect("a definition");
        let value = self.value(formula);
        self.values.insert(name.to_owned(), value.clone());
        (name.to_owned(), value)
    }

    /// Works out a formula.
    pub fn value(&self, formula: &str) -> Matrix {
        let mut reader = Reader { page: self, rest: formula };
        let value = reader.choice();
        assert!(reader.rest.trim().is_empty(), "`{}` is left over of `{formula}`", reader.rest);
        value
    }

    fn call(&self, name: &str, arguments: &[Matrix]) -> Matrix {
        let first = &arguments[0];
        match name {
            "rows" | "reshape" => return first.clone(),
            "ln" => return first.each(f64::ln),
            "erf" => return first.each(clione::base::real::Real::erf),
            "max" => return first.with(&arguments[1], f64::max),
            "min" => return first.with(&arguments[1], f64::min),
            _ => {}
        }
        let (names, formula) = self.functions.get(name).unwrap_or_else(|| panic!("`{name}` is explained nowhere"));
        let at = |first: Matrix| {
            let arguments = std::iter::once(first).chain(arguments[1..].iter().cloned());
            let values = names.iter().cloned().zip(arguments).collect();
            Page { values, functions: Rc::clone(&self.functions) }.value(formula)
        };
        if name == "softmax" {
            return at(first.clone());
        }
        let numbers = first.numbers.iter().map(|&number| at(Matrix::single(number)).numbers[0]).collect();
        Matrix { numbers, ..*first }
    }
}

struct Reader<'a> {
    page: &'a Page,
    rest: &'a str,
}

impl Reader<'_> {
    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, sign: &str) {
        assert!(self.takes(sign), "`{sign}` is missing before `{}`", self.rest);
    }

    fn choice(&mut self) -> Matrix {
        let yes = self.sum();
        if !self.takes("if ") {
            return yes;
        }
        let greater = self.sum();
        self.expect(">");
        let lesser = self.sum();
        self.expect(", else ");
        let no = self.choice();
        if greater.numbers[0] > lesser.numbers[0] { yes } else { no }
    }

    fn sum(&mut self) -> Matrix {
        let mut sum = if self.takes("−") { self.products().each(|x| -x) } else { self.products() };
        loop {
            sum = if self.takes("+") {
                sum.with(&self.products(), |a, b| a + b)
            } else if self.takes("−") {
                sum.with(&self.products(), |a, b| a - b)
            } else {
                return sum;
            };
        }
    }

    fn products(&mut self) -> Matrix {
        if let Some(rest) = behind_ones(self.rest, "1ᵀ ·") {
            self.rest = rest;
            let x = self.products();
            return Matrix { rows: 1, columns: x.rows, numbers: vec![1.0; x.rows] }.times(&x);
        }
        let mut product = self.fraction();
        loop {
            product = if let Some(rest) = behind_ones(self.rest, "· 1") {
                self.rest = rest;
                let column = Matrix { rows: product.columns, columns: 1, numbers: vec![1.0; product.columns] };
                product.times(&column)
            } else if self.takes("·") {
                product.times(&self.fraction())
            } else if self.takes("⊙") {
                product.with(&self.fraction(), |a, b| a * b)
            } else {
                return product;
            };
        }
    }

    fn fraction(&mut self) -> Matrix {
        if self.takes("Σ ") {
            return Matrix::single(self.products().numbers.iter().sum());
        }
        let mut above = self.beside();
        while self.takes("/") {
            above = above.with(&self.beside(), |a, b| a / b);
        }
        if self.rest.starts_with(" Σ ") { above.with(&self.fraction(), |a, b| a * b) } else { above }
    }

    /// 2X, 3n, 2(A − B).
    fn beside(&mut self) -> Matrix {
        let begins_with_number = self.rest.trim_start().starts_with(|first: char| first.is_ascii_digit());
        let mut product = self.powers();
        let is_beside = |next: char| next == '(' || next == '|' || next.is_alphabetic();
        while begins_with_number && self.rest.starts_with(is_beside) {
            product = product.with(&self.powers(), |a, b| a * b);
        }
        product
    }

    fn powers(&mut self) -> Matrix {
        let mut base = self.atom();
        loop {
            base = if self.rest.starts_with('ᵀ') {
                self.rest = &self.rest['ᵀ'.len_utf8()..];
                base.transposed()
            } else if self.rest.starts_with('²') {
                self.rest = &self.rest['²'.len_utf8()..];
                base.each(|x| x * x)
            } else if self.rest.starts_with('^') {
                self.rest = &self.rest[1..];
                base.with(&self.powers(), f64::powf)
            } else if self.rest.starts_with("[:, ") {
                let (columns, rest) = self.rest[4..].split_once(']').expect("columns end");
                self.rest = rest;
                let (first, last) = columns.split_once('…').expect("columns from and to");
                base.columns(first.parse::<usize>().unwrap() - 1..last.parse().unwrap())
            } else {
                return base;
            };
        }
    }

    fn atom(&mut self) -> Matrix {
        if self.takes("√") {
            return self.atom().each(f64::sqrt);
        }
        if self.takes("(") {
            let inner = self.choice();
            self.expect(")");
            return inner;
        }
        if self.takes("|") {
            let inner = self.choice();
            self.expect("|");
            return inner.each(f64::abs);
        }
        if self.takes("[") {
            let mut joined = self.choice();
            while self.takes(",") {
                joined = joined.beside(&self.choice());
            }
            self.expect("]");
            return joined;
        }
        let text = self.rest.trim_start();
        let is_number = text.starts_with(|first: char| first.is_ascii_digit());
        let is_part = |letter: char| match is_number {
            true => letter.is_ascii_digit() || letter == '.',
            false => (letter.is_alphabetic() && letter != 'ᵀ') || letter.is_ascii_digit() || letter == '′',
        };
        let (word, rest) = text.split_at(text.find(|letter| !is_part(letter)).unwrap_or(text.len()));
        self.rest = rest;
        if is_number {
            return Matrix::single(word.parse().unwrap());
        }
        if let Some(rest) = rest.strip_prefix('(') {
            self.rest = rest;
            let mut arguments = vec![self.choice()];
            while self.takes(",") {
                if word == "reshape" {
                    self.rest = &self.rest[self.rest.find(')').unwrap()..];
                } else {
                    arguments.push(self.choice());
                }
            }
            self.expect(")");
            return self.page.call(word, &arguments);
        }
        match word {
            "e" => Matrix::single(std::f64::consts::E),
            "π" => Matrix::single(std::f64::consts::PI),
            _ => self.page.values.get(word).unwrap_or_else(|| panic!("`{word}` is explained nowhere")).clone(),
        }
    }
}

/// What comes behind a row or a column of ones, where one comes next.
fn behind_ones<'a>(text: &'a str, ones: &str) -> Option<&'a str> {
    let rest = text.trim_start().strip_prefix(ones)?;
    (!rest.starts_with(|next: char| next.is_alphanumeric() || next == '/' || next == '.')).then_some(rest)
}
