//! What went wrong, where, what was expected, and what to do about it.

use std::fmt;

/// The result of everything that can fail because of what a user handed in.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of thing went wrong; each kind has one exit code of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something that was required was not reached (exit code 1).
    Gate,
    /// A wrong flag, setting, recipe or network (exit code 2).
    Usage,
    /// Data that cannot be used as it is (exit code 3).
    Data,
    /// A model file that cannot be read or does not fit (exit code 4).
    Model,
    /// Reading or writing failed (exit code 5).
    Io,
    /// Training left the finite numbers (exit code 6).
    Diverged,
    /// The one who watched asked for an end before the work was done (exit code 130).
    Interrupted,
}

impl ErrorKind {
    /// The exit code of the command for this kind of error.
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Gate => 1,
            ErrorKind::Usage => 2,
            ErrorKind::Data => 3,
            ErrorKind::Model => 4,
            ErrorKind::Io => 5,
            ErrorKind::Diverged => 6,
            ErrorKind::Interrupted => 130,
        }
    }
}

/// An error for a person: a headline that names the place, what was found and what was expected;
/// notes that help to understand it; and a remedy that can be typed.
///
/// ```
/// use clione::base::error::Error;
/// let error = Error::data("people.csv:17:9: column \"income\": cannot read \"12,500\" as a number")
///     .note("42 of 1,000 values in this column have a thousands separator")
///     .remedy("clione train people.csv --target bought --thousands ','");
/// assert_eq!(error.exit_code(), 3);
/// assert!(error.to_string().ends_with("\n  try: clione train people.csv --target bought --thousands ','"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    headline: String,
    notes: Vec<String>,
    remedy: Option<String>,
}

impl Error {
    fn new(kind: ErrorKind, headline: impl Into<String>) -> Self {
        Error { kind, headline: headline.into(), notes: Vec::new(), remedy: None }
    }

    /// Something that was required was not reached.
    pub fn gate(headline: impl Into<String>) -> Self {
        Error::new(ErrorKind::Gate, headline)
    }

    /// A wrong flag, setting, recipe or network.
    pub fn usage(headline: impl Into<String>) -> Self {
        Error::new(ErrorKind::Usage, headline)
    }

    /// Data that cannot be used as it is.
    pub fn data(headline: impl Into<String>) -> Self {
        Error::new(ErrorKind::Data, headline)
    }

    /// A model file that cannot be read or does not fit.
    pub fn model(headline: impl Into<String>) -> Self {
        Error::new(ErrorKind::Model, headline)
    }

    /// Reading or writing failed.
    pub fn io(headline: impl Into<String>) -> Self {
        Error::new(ErrorKind::Io, headline)
    }

    /// Training left the finite numbers.
    pub fn diverged(headline: impl Into<String>) -> Self {
        Error::new(ErrorKind::Diverged, headline)
    }

    /// The one who watched asked for an end before the work was done.
    pub fn interrupted(headline: impl Into<String>) -> Self {
        Error::new(ErrorKind::Interrupted, headline)
    }

    /// Adds a line that helps to understand the headline.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to do, best as a command to type (a later remedy replaces an earlier one).
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same error with its remedy written anew: a command knows more of what was typed than the place that failed.
    pub fn map_remedy(mut self, write: impl FnOnce(&str) -> String) -> Self {
        self.remedy = self.remedy.map(|remedy| write(&remedy));
        self
    }

    /// The same error as one of another kind, where only the caller knows what it means.
    pub fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same error with the name of the file in front of the headline.
    pub fn in_file(mut self, file: &str) -> Self {
        self.headline = format!("{file}: {}", self.headline);
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The exit code of the command for this error.
    pub fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// The first line: place, found, expected.
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// The lines between the headline and the remedy.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline)?;
        for note in &self.notes {
            write!(f, "\n  {note}")?;
        }
        if let Some(remedy) = &self.remedy {
            write!(f, "\n  try: {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The known name that is nearest to what was typed, if any is near enough to be meant
/// (at most a third of its letters, and at least one, may differ; case does not count).
///
/// ```
/// use clione::base::error::nearest;
/// assert_eq!(nearest("pric", ["size", "price"]), Some("price"));
/// assert_eq!(nearest("weight", ["size", "price"]), None);
/// ```
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.trim().to_lowercase();
    known
        .into_iter()
        .map(|name| (edit_distance(&typed, &name.trim().to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// What is said of a name that there is not: the nearest one that there is, or all of them.
///
/// ```
/// use clione::base::error::unknown;
/// assert_eq!(unknown("metric", "acuracy", ["accuracy"]), "there is no metric `acuracy`; did you mean `accuracy`?");
/// assert_eq!(unknown("column", "x", ["size", "price"]), "there is no column `x`, only size, price");
/// ```
pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("there is no {what} `{name}`; did you mean `{near}`?"),
        None => format!("there is no {what} `{name}`, only {}", known.join(", ")),
    }
}

/// How many letters have to be added, dropped, changed or swapped with their neighbour to turn `a` into `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_prints_headline_notes_and_remedy_in_this_order() {
        let error = Error::usage("a").remedy("c").note("b");
        assert_eq!(error.to_string(), "a\n  b\n  try: c");
    }

    #[test]
    fn a_swapped_pair_of_letters_is_one_mistake() {
        assert_eq!(edit_distance("rleu", "relu"), 1);
        assert_eq!(nearest("rleu", ["linear", "relu"]), Some("relu"));
    }

    #[test]
    fn a_short_name_allows_one_mistake_only() {
        assert_eq!(nearest("xy", ["ab"]), None);
        assert_eq!(nearest("ac", ["ab"]), Some("ab"));
    }
}
