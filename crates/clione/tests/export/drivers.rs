//! Programs that read questions line by line and answer with the bits of numbers, or `none`.

use crate::cases::{Case, Holds};
use std::fmt::Write;

/// The program in Rust that answers questions.
pub fn driver_in_rust(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        writeln!(text, "mod {};", case.name).unwrap();
    }
    text += "fn bits(numbers: &[f64]) -> String {
        let bits = |x: &f64| if x.is_nan() { \"nan\".to_owned() } else { format!(\"{:016x}\", x.to_bits()) };
        numbers.iter().map(bits).collect::<Vec<_>>().join(\" \")
    }
    fn number(cell: &str) -> f64 { f64::from_bits(u64::from_str_radix(cell, 16).unwrap()) }
    fn word(cell: &str) -> Option<&str> { if cell.is_empty() { None } else { Some(cell) } }
    fn main() {\n";
    for case in cases {
        let name = &case.name;
        writeln!(text, "println!(\"self-test {{}}\", if {name}::self_test() {{ \"passed\" }} else {{ \"failed\" }});")
            .unwrap();
    }
    text += "for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let cells: Vec<&str> = line.split('\\t').collect();
        let _ = (number, word);
        let answer = match cells[0].parse::<usize>().unwrap() {\n";
    for (number, case) in cases.iter().enumerate() {
        let name = &case.name;
        let numbers = if case.classes() == 0 { "bits(&[answer])" } else { "bits(&answer.probabilities)" };
        let cell = |(place, (name, holds)): (usize, &(&str, Holds))| {
            let read = if *holds == Holds::Word { "word" } else { "number" };
            format!("{name}: {read}(cells[{}]), ", place + 1)
        };
        let row: String = case.fields.iter().enumerate().map(cell).collect();
        let asked = if case.fields.is_empty() {
            "&std::array::from_fn(|place| u8::from_str_radix(cells[place + 1], 16).unwrap())".to_owned()
        } else {
            format!("&{name}::Row {{ {row} }}")
        };
        writeln!(text, "{number} => {name}::predict({asked}).map(|answer| {numbers}),").unwrap();
    }
    text + "_ => panic!() };\n println!(\"{}\", answer.unwrap_or_else(|_| \"none\".to_owned()));\n }\n }\n"
}

/// The program in C that answers questions.
pub fn driver_in_c(cases: &[Case]) -> String {
    let mut text = String::from("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n");
    for case in cases {
        writeln!(text, "#define {}_ONLY_DECLARATIONS\n#include \"{}.c\"", case.name.to_uppercase(), case.name).unwrap();
    }
    text += "static char line[65536], *rest;
static char *next(void) {
    char *cell = rest;
    rest += strcspn(rest, \"\\t\\n\");
    if (*rest != 0) *rest++ = 0;
    return cell;
}
static double number(void) {
    const uint64_t bits = strtoull(next(), NULL, 16);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static const char *word(void) {
    const char *cell = next();
    return *cell == 0 ? NULL : cell;
}
static void print(const double *numbers, size_t count) {
    for (size_t j = 0; j < count; j++) {
        uint64_t bits;
        memcpy(&bits, &numbers[j], sizeof bits);
        if (numbers[j] != numbers[j]) printf(\"%snan\", j == 0 ? \"\" : \" \");
        else printf(\"%s%016llx\", j == 0 ? \"\" : \" \", (unsigned long long)bits);
    }
    puts(\"\");
}
int main(void) {\n";
    for case in cases {
        writeln!(text, "puts({}_self_test() ? \"self-test passed\" : \"self-test failed\");", case.name).unwrap();
    }
    text += "while (fgets(line, sizeof line, stdin)) {\nrest = line;\nswitch (atoi(next())) {\n";
    for (place, case) in cases.iter().enumerate() {
        let name = &case.name;
        writeln!(text, "case {place}: {{").unwrap();
        match case.classes() {
            0 => writeln!(text, "double answer, *numbers = &answer;").unwrap(),
            _ => writeln!(text, "{name}_prediction answer; double *numbers = answer.probabilities;").unwrap(),
        }
        let given = if case.fields.is_empty() {
            text += "uint8_t row[35]; for (int i = 0; i < 35; i++) row[i] = (uint8_t)strtoul(next(), NULL, 16);\n";
            "row"
        } else {
            writeln!(text, "{name}_row row;").unwrap();
            for (field, holds) in &case.fields {
                writeln!(text, "row.{field} = {}();", if *holds == Holds::Word { "word" } else { "number" }).unwrap();
            }
            "&row"
        };
        let count = case.classes().max(1);
        writeln!(text, "if ({name}_predict({given}, &answer)) puts(\"none\"); else print(numbers, {count}); break; }}")
            .unwrap();
    }
    text + "} }\nreturn 0; }\n"
}
