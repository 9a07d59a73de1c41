//! A table whose columns are called as words that languages keep for themselves: what is exported of it compiles.

use crate::cases::{saved, untrained};
use crate::{Folder, compile};
use clione::export::{Language, Options, source};
use clione::prelude::*;
use clione::train::file::Weights;
use std::process::Command;

/// Keywords by the specifications of the languages, and words that compilers and headers define.
const WORDS: &[(&str, &str)] = &[
    (
        "Rust: reference, keywords, strict, reserved and weak ones",
        "as break const continue crate else enum extern false fn for if impl in let loop match mod move mut pub ref return \
         self Self static struct super trait true type unsafe use where while async await dyn abstract become box do final gen \
         macro override priv try typeof unsized virtual yield macro_rules raw safe union static_ bool char f32 f64 str u8 i64 \
         u64 usize Option Some None Result Ok Err String Vec core std",
    ),
    (
        "C: 6.4.1 of C99, C11 and C23",
        "auto break case char const continue default do double else enum extern float for goto if inline int long register \
         restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Alignas _Alignof \
         _Atomic _BitInt _Bool _Complex _Decimal128 _Decimal32 _Decimal64 _Generic _Imaginary _Noreturn _Static_assert \
         _Thread_local alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual asm \
         fortran",
    ),
    (
        "C: macros and types of headers and compilers",
        "NULL NAN INFINITY errno assert complex imaginary noreturn stdin stdout stderr linux unix i386 size_t ptrdiff_t int8_t \
         uint8_t int64_t uint64_t memcpy strcmp main far near huge interrupt min max abs exp log sqrt",
    ),
    (
        "C++: [lex.key], alternative tokens, and words that mean something in their place",
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl \
         concept const consteval constexpr constinit const_cast continue contract_assert co_await co_return co_yield decltype \
         default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long \
         mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register \
         reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch template this \
         thread_local throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor \
         xor_eq final import module override post pre",
    ),
    (
        "Python: reference, 2.3.1 and 2.3.2",
        "False None True and as assert async await break class continue def del elif else except finally for from global if \
         import in is lambda nonlocal not or pass raise return try while with yield match case type _ self",
    ),
];

/// A model of a table with all of these columns.
fn model(words: &[&str]) -> SavedModel {
    let number = |row: usize, column: usize| ((row * 7 + column * 3) % 11).to_string();
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let mut text = line(words.iter().copied().chain(["the target"]).map(str::to_owned).collect());
    text.extend((0..8).map(|row| line((0..=words.len()).map(|column| number(row, column)).collect())));
    let options = ReadOptions { delimiter: Some(b','), header: Some(true), ..ReadOptions::default() };
    let table = Table::from_bytes("words.csv", text.into_bytes(), &options).unwrap();
    let choices = Choices { target: "the target".to_owned(), ..Choices::default() };
    let preprocessing = prepare(&table, &choices, 0.0, &Rng::new(0)).unwrap().preprocessing;
    let network = Network::new([preprocessing.input_width()]).add(Dense::new(1));
    saved(Weights::F32(untrained(network, 0, 1.0)), Source::Table(preprocessing))
}

fn is_there(compiler: &str) -> bool {
    let is_there = Command::new(compiler).arg("--version").output().is_ok();
    if !is_there {
        println!("SKIPPED: there is no compiler called {compiler}");
    }
    is_there
}

#[test]
fn columns_that_are_called_as_keywords_compile() {
    let mut words: Vec<&str> = WORDS.iter().flat_map(|(_, words)| words.split_whitespace()).collect();
    words.sort_unstable();
    words.dedup();
    let (model, folder) = (model(&words), Folder::new("export-keywords"));
    for language in [Language::Rust, Language::C] {
        let text = source(&model, language, &Options::default()).unwrap();
        folder.write(&format!("model.{}", language.extension()), &text);
    }
    for edition in ["2021", "2024"] {
        let mut rustc = Command::new("rustc");
        rustc.current_dir(&folder.0).args(["-D", "warnings", "-C", "debuginfo=0", "--crate-type", "lib"]);
        compile(rustc.args(["--edition", edition, "model.rs"]));
    }
    if is_there("cc") {
        for standard in ["c99", "gnu99", "gnu11", "gnu17"] {
            let mut cc = Command::new("cc");
            cc.current_dir(&folder.0).args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-c", "model.c"]);
            compile(cc.arg(format!("-std={standard}")));
        }
    }
    if is_there("c++") {
        folder.write("user.cpp", "#define MODEL_ONLY_DECLARATIONS\n#include \"model.c\"\nmodel_row a_row;\n");
        for standard in ["c++11", "c++20"] {
            let mut cpp = Command::new("c++");
            cpp.current_dir(&folder.0).args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-c", "user.cpp"]);
            compile(cpp.arg(format!("-std={standard}")));
        }
    }
}
