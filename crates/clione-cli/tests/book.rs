//! The course: every command says what is printed below it, every piece of source is in its file, every picture is drawn anew.
//!
//! With `CLIONE_BOOK=update` in the environment the outputs and pictures are written into the book instead of compared.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A line of an output that stands for any lines, and a piece of a line that stands for any text.
const ANY_LINES: &str = "...";
const ANY_TEXT: &str = "[..]";

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book")
}

fn is_updating() -> bool {
    std::env::var_os("CLIONE_BOOK").is_some_and(|value| value == "update")
}

/// A fenced block of a chapter: what stands behind the fence, and its lines.
struct Block {
    kind: String,
    lines: Vec<String>,
}

impl Block {
    /// The value of `name=value` behind the fence.
    fn value(&self, name: &str) -> Option<&str> {
        self.kind.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    }

    fn is(&self, language: &str) -> bool {
        self.kind.split(',').next() == Some(language)
    }

    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// A chapter as pieces of text and blocks, in turn.
struct Chapter {
    path: PathBuf,
    /// The text before each block, with its opening fence, and the block.
    parts: Vec<(String, Block)>,
    end: String,
}

impl Chapter {
    fn read(path: &Path) -> Chapter {
        let text = fs::read_to_string(path).unwrap();
        let (mut parts, mut before, mut block) = (Vec::new(), String::new(), None::<Block>);
        for line in text.lines() {
            match (&mut block, line.strip_prefix("```")) {
                (None, Some(kind)) => block = Some(Block { kind: kind.to_owned(), lines: Vec::new() }),
                (None, None) => before += &format!("{line}\n"),
                (Some(_), Some("")) => parts.push((std::mem::take(&mut before), block.take().unwrap())),
                (Some(block), _) => block.lines.push(line.to_owned()),
            }
        }
        assert!(block.is_none(), "{}: a block is not closed", path.display());
        Chapter { path: path.to_owned(), parts, end: before }
    }

    fn text(&self) -> String {
        let part = |(before, block): &(String, Block)| format!("{before}```{}\n{}```\n", block.kind, block.text());
        self.parts.iter().map(part).collect::<String>() + &self.end
    }

    fn name(&self) -> &str {
        self.path.file_name().unwrap().to_str().unwrap()
    }
}

/// The chapters in the order of the summary.
fn chapters() -> Vec<Chapter> {
    let summary = fs::read_to_string(book().join("src/SUMMARY.md")).unwrap();
    let files = summary.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    files.map(|file| Chapter::read(&book().join("src").join(file))).collect()
}

/// What a command line says on both streams, as a terminal would show it, and whether it succeeds.
fn run(folder: &Path, line: &str) -> (String, bool) {
    let (line, to) = match line.split_once(" > ") {
        Some((line, file)) => (line, Some(folder.join(file))),
        None => (line, None),
    };
    let mut words = words(line).into_iter();
    let program = words.next().expect("a command line has a program");
    let arguments: Vec<String> = words.collect();
    if program == "cat" {
        return (fs::read_to_string(folder.join(&arguments[0])).unwrap(), true);
    }
    assert_eq!(program, "clione", "{line}: the course runs clione and cat");
    let both = folder.join(".output");
    fs::write(&both, "").unwrap();
    // Both streams go on where the file ends, whoever writes.
    let stream = || fs::OpenOptions::new().append(true).open(&both).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_clione"));
    let result = to.map_or_else(stream, |file| fs::File::create(file).unwrap());
    command.args(&arguments).current_dir(folder).stdin(Stdio::null()).stdout(result).stderr(stream());
    let status = command.env("NO_COLOR", "1").env_remove("COLUMNS").status().unwrap();
    let text = fs::read_to_string(&both).unwrap();
    fs::remove_file(&both).unwrap();
    (text, status.success())
}

/// The words of a line as a shell takes them, with '...' around a word that has blanks.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for letter in line.chars() {
        match letter {
            '\'' => (quoted, begun) = (!quoted, true),
            ' ' if !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// Whether lines of an output are what is expected of them.
fn agree(expected: &[String], found: &[String]) -> bool {
    match (expected.first(), found.first()) {
        (None, found) => found.is_none(),
        (Some(line), _) if line.trim() == ANY_LINES => {
            (0..=found.len()).any(|skipped| agree(&expected[1..], &found[skipped..]))
        }
        (Some(_), None) => false,
        (Some(line), Some(other)) => line_agrees(line, other) && agree(&expected[1..], &found[1..]),
    }
}

fn line_agrees(expected: &str, found: &str) -> bool {
    match expected.split_once(ANY_TEXT) {
        None => expected.trim_end() == found.trim_end(),
        Some((before, after)) => found.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| line_agrees(after, &rest[at..]))
        }),
    }
}

/// Runs the commands of a block and compares what they say with its lines; what they say is put in their place when the
/// book is updated.
fn console(block: &mut Block, folder: &Path, chapter: &str) {
    let mut said = Vec::new();
    let mut rest = block.lines.as_slice();
    while let Some((command, after)) = rest.split_first() {
        let line = command.strip_prefix("$ ").unwrap_or_else(|| panic!("{chapter}: {command}: expected a command"));
        let end = after.iter().position(|line| line.starts_with("$ ")).unwrap_or(after.len());
        let (expected, next) = after.split_at(end);
        let (text, succeeds) = run(folder, line);
        assert!(succeeds, "{chapter}: $ {line}\n{text}");
        let found: Vec<String> = text.lines().map(str::to_owned).collect();
        said.push(command.clone());
        if agree(expected, &found) {
            said.extend_from_slice(expected);
        } else {
            let (expected, shown) = (expected.join("\n"), found.join("\n"));
            assert!(is_updating(), "{chapter}: $ {line}\nexpected:\n{expected}\nfound:\n{shown}\n");
            said.extend(found.into_iter().map(|line| line.trim_end().to_owned()));
        }
        rest = next;
    }
    block.lines = said;
}

/// The pictures that a chapter shows.
fn pictures(chapter: &str) -> Vec<String> {
    let pieces = chapter.split("](pictures/").skip(1);
    pieces.filter_map(|piece| piece.split_once(')').map(|(name, _)| name.to_owned())).collect()
}

fn go_through(mut chapter: Chapter, drawn: &mut Vec<String>) {
    let folder = TempDir::new().unwrap();
    fs::copy(book().join("data/penguins.csv"), folder.path().join("penguins.csv")).unwrap();
    let name = chapter.name().to_owned();
    for (_, block) in &mut chapter.parts {
        if let Some(file) = block.value("file") {
            fs::write(folder.path().join(file), block.text()).unwrap();
        }
        if block.is("console") {
            console(block, folder.path(), &name);
        }
        if let Some(source) = block.value("from") {
            let path = book().join("../crates/clione/src").join(source);
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {source}: {error}"));
            let plain = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
            assert!(plain(&text).contains(&plain(&block.text())), "{name}: not in {source}:\n{}", block.text());
        }
    }
    let text = chapter.text();
    for picture in pictures(&text) {
        let (new, kept) = (folder.path().join(&picture), book().join("src/pictures").join(&picture));
        let Ok(new) = fs::read(&new) else { continue };
        drawn.push(picture.clone());
        if is_updating() {
            fs::write(&kept, new).unwrap();
        } else {
            assert!(fs::read(&kept).ok() == Some(new), "{name}: {picture} is not what the commands draw any more");
        }
    }
    if is_updating() {
        fs::write(&chapter.path, text).unwrap();
    }
}

#[test]
fn the_course_says_what_the_command_says() {
    let mut drawn = Vec::new();
    chapters().into_iter().for_each(|chapter| go_through(chapter, &mut drawn));
    let kept = fs::read_dir(book().join("src/pictures")).unwrap();
    for picture in kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        assert!(drawn.contains(&picture), "{picture}: no chapter draws and shows it");
    }
}

#[test]
fn a_chapter_is_written_as_it_was_read() {
    for chapter in chapters() {
        assert_eq!(chapter.text(), fs::read_to_string(&chapter.path).unwrap(), "{}", chapter.name());
    }
}

#[test]
fn a_wrong_output_is_noticed_and_what_stands_for_anything_is_taken() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let found = lines("loss 0.5\nin 0.31 s\nrow 1\nrow 2\nend");
    assert!(agree(&lines("loss 0.5\nin [..] s\n...\nend"), &found));
    assert!(!agree(&lines("loss 0.6\n..."), &found));
    assert!(!agree(&lines("loss 0.5\n...\nrow 2"), &found));
    assert_eq!(
        words("clione explain a.clione --weight 'output.weights[2,0]'")[3..],
        ["--weight", "output.weights[2,0]"]
    );
}
