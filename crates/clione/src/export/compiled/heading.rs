//! What a source says first: what the network is, how it is compiled and called, and its types.

use super::row::{Field, Holds};
use super::source::Writer;
use super::text::Text;
use super::{DOUBLE, Syntax};
use crate::data::findings::grouped;
use crate::train::file::Source as Inputs;
use crate::train::recipe::Precision;

impl Writer<'_> {
    /// What the file is, and how it is used.
    pub(super) fn write_heading(&self, text: &mut Text) {
        let Writer { name, .. } = self;
        let inputs = self.loops.arrays[0].1;
        let bits = 8 * size_of_number(self.precision);
        let prepared = if self.columns.fields.is_empty() { 0 } else { inputs * size_of_number(DOUBLE) };
        let bytes = self.loops.memory() * size_of_number(self.precision) + prepared;
        let weights: usize = self.loops.parameters.iter().map(|learned| learned.rows * learned.columns).sum();
        let layers = self.loops.layers.iter().map(|layer| format!("    {}", self.describe(layer)));
        let layers = [vec![format!("    {inputs} inputs")], layers.collect()].concat();
        let (weights, bytes) = (grouped(weights), grouped(bytes));
        let mut lines = vec![
            format!("{name}: a network that clione trained, and all that turns a row into its answer."),
            String::new(),
        ];
        let facts = [
            format!(
                "{weights} weights of {bits} bits, about {bytes} bytes of working memory on the stack, and no allocation."
            ),
            "The answers have the bits of `clione predict`.".to_owned(),
            String::new(),
        ];
        match self.language {
            Syntax::Rust => {
                lines.push("```text".to_owned());
                lines.extend(layers.iter().map(|layer| layer.trim_start().to_owned()));
                lines.push("```".to_owned());
                lines.push(String::new());
                lines.extend(facts);
                lines.push(format!("As a module: `mod {name};`, and then"));
                lines.push(String::new());
                lines.push("```text".to_owned());
                lines.extend(self.example_in_rust());
                lines.push("```".to_owned());
                lines.push(String::new());
                lines.push(format!("As a crate of its own: `rustc --edition 2021 --crate-type lib {name}.rs`"));
                text.block(
                    &lines
                        .iter()
                        .map(|line| format!("//! {}", self.language.plain(line)).trim_end().to_owned() + "\n")
                        .collect::<String>(),
                );
                text.line("");
                text.comment("A module shares the standard library of its crate; a crate of its own needs none.");
                text.line("#![allow(unused_attributes)]");
                text.line("#![no_std]");
                text.line("");
            }
            Syntax::C => {
                let guard = name.to_ascii_uppercase();
                lines.extend(layers);
                lines.push(String::new());
                lines.extend(facts);
                lines.push(format!("Compile:  cc -std=c99 -O2 -c {name}.c"));
                lines.push(format!("Try:      cc -std=c99 -O2 -DCLIONE_MAIN {name}.c -o {name} && ./{name}"));
                lines.push(String::new());
                lines.push("Another file declares what is here with".to_owned());
                lines.push(String::new());
                lines.push(format!("    #define {guard}_ONLY_DECLARATIONS"));
                lines.push(format!("    #include \"{name}.c\""));
                lines.push(String::new());
                lines.push("and calls it as `main` does at the end.".to_owned());
                let written = lines.iter().enumerate().map(|(at, line)| {
                    let start = if at == 0 { "/* " } else { "   " };
                    format!("{start}{}", self.language.plain(line)).trim_end().to_owned()
                });
                text.block(&(written.collect::<Vec<_>>().join("\n") + " */"));
                text.line("");
            }
        }
    }

    /// What the function that others call gives, and what it takes.
    pub(super) fn what_is_said(&self) -> String {
        match &self.model.source {
            Inputs::Table(preprocessing) if preprocessing.target.classes.is_empty() => {
                format!("What the network says is the {} of a row", preprocessing.target.name)
            }
            Inputs::Table(_) => "What the network says of a row".to_owned(),
            Inputs::Images { height, width, .. } => {
                format!("What the network says of an image: {height} rows of {width} bytes from the top")
            }
        }
    }

    /// How the first row of the self-test is asked about.
    pub(super) fn example_in_rust(&self) -> Vec<String> {
        let name = &self.name;
        let Some(first) = self.frozen.first().filter(|_| !self.columns.fields.is_empty()) else {
            let count = self.loops.arrays[0].1;
            return vec![format!("let pixels = [0; {count}];"), format!("let answer = {name}::predict(&pixels)?;")];
        };
        let cells = self.columns.fields.iter().zip(&first.cells);
        let cells = cells.map(|(field, cell)| format!("    {}: {},", field.name, self.cell(cell, field)));
        let answer = match self.classes() {
            [] => format!("assert_eq!(answer, {});", self.language.double(first.answer[0])),
            classes => {
                let better = |best, place| if first.answer[place] > first.answer[best] { place } else { best };
                let class = &classes[(0..first.answer.len()).fold(0, better)];
                format!("assert_eq!(answer.class_name, {});", self.language.word(class))
            }
        };
        let asked = format!("let answer = {name}::predict(&row)?;");
        [vec![format!("let row = {name}::Row {{")], cells.collect(), vec!["};".to_owned(), asked, answer]].concat()
    }

    /// The types of rows and answers, and in C the declarations of the functions.
    pub(super) fn write_types(&self, text: &mut Text) {
        let guard = format!("{}_DECLARED", self.name.to_ascii_uppercase());
        if self.language == Syntax::C {
            text.line(format!("#ifndef {guard}"));
            text.line(format!("#define {guard}"));
            text.line("");
            text.line("#include <stddef.h>");
            text.line("#include <stdint.h>");
            text.line("");
        }
        if !self.columns.fields.is_empty() {
            self.write_row_type(text);
        }
        if !self.classes().is_empty() {
            let classes = self.classes().len();
            text.documentation("What the network says of a row.");
            if self.language == Syntax::Rust {
                text.line("#[allow(dead_code)]");
                text.line("#[derive(Clone, Copy, Debug, PartialEq)]");
            }
            text.either("typedef struct {", "pub struct Prediction {");
            text.documentation("The place of the most probable class among all classes.");
            text.either("size_t class_index;", "pub class_index: usize,");
            text.documentation("What it is called.");
            text.either("const char *class_name;", "pub class_name: &'static str,");
            text.documentation("The probability of each class; they sum to 1.");
            text.either(format!("double probabilities[{classes}];"), format!("pub probabilities: [f64; {classes}],"));
            text.either(format!("}} {};", self.public("prediction")), "}");
            text.line("");
        }
        if self.language == Syntax::C {
            let has_moments = self.columns.fields.iter().any(|field| field.holds == Holds::Moment);
            text.comment(&format!("{}; returns NULL, or why it says nothing.", self.what_is_said()));
            text.line(format!("{};", self.signature()));
            text.line("");
            if has_moments {
                text.comment("The moment of a date and a time of day, as rows have it.");
                text.line(format!("{};", self.moment_signature()));
                text.line("");
            }
            text.comment(
                "1 if some rows that stand in this file get the answers that clione gave, bit for bit; else 0.",
            );
            text.line(format!("int {}(void);", self.public("self_test")));
            text.line("");
            text.line("#endif");
            text.line("");
        }
    }

    pub(super) fn write_row_type(&self, text: &mut Text) {
        text.documentation("A row of the table: the columns that the network looks at.");
        match self.language {
            Syntax::C => text.line("typedef struct {"),
            Syntax::Rust => {
                text.line("#[derive(Clone, Copy, Debug, PartialEq)]");
                text.line(format!("pub struct Row{} {{", self.lifetime("'a")));
            }
        }
        for field in &self.columns.fields {
            text.documentation(&self.describe_field(field));
            match field.holds {
                Holds::Number | Holds::Moment => {
                    text.either(format!("double {};", field.name), format!("pub {}: f64,", field.name));
                }
                Holds::Word => {
                    text.either(format!("const char *{};", field.name), format!("pub {}: Option<&'a str>,", field.name))
                }
            }
        }
        text.either(format!("}} {};", self.public("row")), "}");
        text.line("");
    }

    /// The lifetime of a row, where it has words.
    pub(super) fn lifetime(&self, name: &str) -> String {
        let has_words = self.columns.fields.iter().any(|field| field.holds == Holds::Word);
        if has_words { format!("<{name}>") } else { String::new() }
    }

    pub(super) fn describe_field(&self, field: &Field) -> String {
        let name = &field.column;
        let nothing = match self.language {
            Syntax::C => "NULL",
            Syntax::Rust => "None",
        };
        match field.holds {
            Holds::Number => format!("{name}; NaN where it is missing."),
            Holds::Moment => format!("{name}, in seconds since 1970 began; NaN where it is missing."),
            Holds::Word => format!("{name}, without blanks around it; {nothing} where it is missing."),
        }
    }

    pub(super) fn signature(&self) -> String {
        let takes = match self.columns.fields.is_empty() {
            true => format!("const uint8_t pixels[{}]", self.loops.arrays[0].1),
            false => format!("const {} *row", self.public("row")),
        };
        let gives = if self.classes().is_empty() { "double".to_owned() } else { self.public("prediction") };
        format!("const char *{}({takes}, {gives} *answer)", self.public("predict"))
    }

    pub(super) fn moment_signature(&self) -> String {
        let numbers = "int year, int month, int day, int hour, int minute, double second";
        format!("double {}({numbers})", self.public("moment"))
    }

    /// What C needs before its functions.
    pub(super) fn write_guards(&self, text: &mut Text, body: &str) {
        text.line(format!("#ifndef {}_ONLY_DECLARATIONS", self.name.to_ascii_uppercase()));
        text.line("");
        text.line("#include <float.h>");
        if body.contains("NAN") {
            text.line("#include <math.h>");
        }
        text.line("#include <string.h>");
        text.line("");
        text.comment("The bits are those of clione only where each operation is rounded by itself.");
        for line in [
            "#if defined(__clang__)",
            "#pragma STDC FP_CONTRACT OFF",
            "#elif defined(__GNUC__)",
            "#pragma GCC optimize(\"fp-contract=off\")",
            "#endif",
            "#if defined(__FAST_MATH__)",
            "#error \"compile without -ffast-math\"",
            "#endif",
            "#if !defined(FLT_EVAL_METHOD) || FLT_EVAL_METHOD != 0",
            "#error \"float and double must be rounded as such: on x86 compile with -msse2 -mfpmath=sse\"",
            "#endif",
            "#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || FLT_MIN_EXP != -125 || FLT_MAX_EXP != 128",
            "#error \"float must be a number of 32 bits, as IEEE 754 has it\"",
            "#endif",
            "#if DBL_MANT_DIG != 53 || DBL_MIN_EXP != -1021 || DBL_MAX_EXP != 1024",
            "#error \"double must be a number of 64 bits, as IEEE 754 has it: avr-gcc has one with -mdouble=64\"",
            "#endif",
            "",
        ] {
            text.line(line);
        }
        text.comment("An array of less than no number does not compile.");
        let name = self.public("numbers_have_32_and_64_bits");
        text.line(format!("typedef char {name}[sizeof(float) == 4 && sizeof(double) == 8 ? 1 : -1];"));
        text.line("");
    }
}

fn size_of_number(precision: Precision) -> usize {
    match precision {
        Precision::F32 => size_of::<f32>(),
        Precision::F64 => size_of::<f64>(),
    }
}
