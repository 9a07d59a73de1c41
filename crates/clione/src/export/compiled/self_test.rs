//! How a source tests itself: rows with the answers of clione, and a program that asks about one.

use super::frozen::Cell;
use super::row::{Field, Holds};
use super::source::Writer;
use super::text::{Text, kind};
use super::{DOUBLE, Syntax};

impl Writer<'_> {
    /// A cell of a row.
    pub(super) fn cell(&self, cell: &Cell, field: &Field) -> String {
        match (cell, field.holds, self.language) {
            (Cell::Number(number), ..) => self.language.double(*number),
            (Cell::Word(word), _, Syntax::C) => self.language.word(word),
            (Cell::Word(word), _, Syntax::Rust) => format!("Some({})", self.language.word(word)),
            (Cell::Missing, Holds::Word, Syntax::C) => "NULL".to_owned(),
            (Cell::Missing, Holds::Word, Syntax::Rust) => "None".to_owned(),
            (Cell::Missing, Holds::Number | Holds::Moment, Syntax::C) => "NAN".to_owned(),
            (Cell::Missing, Holds::Number | Holds::Moment, Syntax::Rust) => "f64::NAN".to_owned(),
        }
    }

    /// Rows, what clione says of them, and the function that compares.
    pub(super) fn write_test(&self, text: &mut Text) {
        let (rows, width) = (self.frozen.len(), self.answer_width());
        let has_rows = rows > 0;
        if has_rows && !self.columns.fields.is_empty() {
            text.comment("Rows that the self-test asks about, and the answers of clione.");
            match self.language {
                Syntax::C => text.line(format!("static const {} TEST_ROWS[{rows}] = {{", self.public("row"))),
                Syntax::Rust => text.line(format!("static TEST_ROWS: [Row{}; {rows}] = [", self.lifetime("'static"))),
            }
            for frozen in &self.frozen {
                let cells = frozen.cells.iter().zip(&self.columns.fields);
                let items: Vec<String> = match self.language {
                    Syntax::C => cells.map(|(cell, field)| self.cell(cell, field)).collect(),
                    Syntax::Rust => {
                        cells.map(|(cell, field)| format!("{}: {}", field.name, self.cell(cell, field))).collect()
                    }
                };
                let (open, close) = if self.language == Syntax::C { ("{", "},") } else { ("Row {", "},") };
                text.row(open, &items, close);
            }
            text.either("};", "];");
            text.line("");
        }
        if has_rows {
            let answers: Vec<String> =
                self.frozen.iter().flat_map(|frozen| &frozen.answer).map(|&x| self.language.double(x)).collect();
            text.table(kind(self.language, DOUBLE), "TEST_ANSWERS", &answers, Some(width));
            text.line("");
        }
        match self.language {
            Syntax::C => self.write_test_in_c(text, rows),
            Syntax::Rust => self.write_test_in_rust(text, rows),
        }
    }

    pub(super) fn write_test_in_c(&self, text: &mut Text, rows: usize) {
        text.line(format!("int {}(void) {{", self.public("self_test")));
        if rows > 0 {
            text.count("i", &rows.to_string());
            let gives = if self.classes().is_empty() { "double".to_owned() } else { self.public("prediction") };
            text.line(format!("{gives} answer;"));
            let given = if self.columns.fields.is_empty() { self.write_test_image(text) } else { "&TEST_ROWS[i]" };
            let numbers = if self.classes().is_empty() { "&answer" } else { "answer.probabilities" };
            let predict = self.public("predict");
            text.line(format!("const char *problem = {predict}({given}, &answer);"));
            text.condition(&format!(
                "problem != NULL || memcmp({numbers}, TEST_ANSWERS[i], sizeof TEST_ANSWERS[i]) != 0"
            ));
            text.line("return 0;");
            text.line("}");
            text.line("}");
        }
        text.line("return 1;");
        text.line("}");
        text.line("");
    }

    pub(super) fn write_test_in_rust(&self, text: &mut Text, rows: usize) {
        text.documentation("Whether some rows that stand in this file get the answers that clione gave, bit for bit.");
        text.line("#[allow(dead_code)]");
        text.line("pub fn self_test() -> bool {");
        if rows > 0 {
            text.count("i", &rows.to_string());
            let given = if self.columns.fields.is_empty() { self.write_test_image(text) } else { "&TEST_ROWS[i]" };
            let numbers = if self.classes().is_empty() { "[answer]" } else { "answer.probabilities" };
            text.line(format!("let Ok(answer) = predict({given}) else {{ return false }};"));
            text.condition(&format!("{numbers}.map(f64::to_bits) != TEST_ANSWERS[i].map(f64::to_bits)"));
            text.line("return false;");
            text.line("}");
            text.line("}");
        }
        text.line("true");
        text.line("}");
    }

    /// The pixels of an image that is tested with.
    pub(super) fn write_test_image(&self, text: &mut Text) -> &'static str {
        let pixels = self.loops.arrays[0].1;
        text.either(format!("uint8_t pixels[{pixels}];"), format!("let mut pixels = [0; {pixels}];"));
        text.count("j", &pixels.to_string());
        text.either("pixels[j] = (uint8_t)(i * 89 + j * 37);", "pixels[j] = (i * 89 + j * 37) as u8;");
        text.line("}");
        if self.language == Syntax::C { "pixels" } else { "&pixels" }
    }

    /// A program that tests itself and asks about the first row.
    pub(super) fn write_main(&self, text: &mut Text) {
        for line in ["#ifdef CLIONE_MAIN", "#include <stdio.h>", "", "int main(void) {"] {
            text.line(line);
        }
        let gives = if self.classes().is_empty() { "double".to_owned() } else { self.public("prediction") };
        if let Some(first) = self.frozen.first() {
            text.line(format!("{gives} answer;"));
            let given = if self.columns.fields.is_empty() {
                text.line(format!("const uint8_t pixels[{}] = {{0}};", self.loops.arrays[0].1));
                "pixels"
            } else {
                let cells = first.cells.iter().zip(&self.columns.fields);
                let items: Vec<String> =
                    cells.map(|(cell, field)| format!(".{} = {}", field.name, self.cell(cell, field))).collect();
                text.row(&format!("const {} row = {{", self.public("row")), &items, "};");
                "&row"
            };
            text.line(format!("const char *problem = {}({given}, &answer);", self.public("predict")));
            text.condition("problem != NULL");
            text.line("printf(\"no answer: %s\\n\", problem);");
            text.line("} else {");
            if self.classes().is_empty() {
                text.line("printf(\"%.17g\\n\", answer);");
            } else {
                text.line("printf(\"%s\\n\", answer.class_name);");
                text.count("j", &self.classes().len().to_string());
                text.line("printf(\"  %.6f  %s\\n\", answer.probabilities[j], CLASS_NAMES[j]);");
                text.line("}");
            }
            text.line("}");
        }
        let passed = format!("{}()", self.public("self_test"));
        text.line(format!("const int passed = {passed};"));
        text.line("printf(passed ? \"self-test passed\\n\" : \"self-test failed\\n\");");
        text.line("return passed ? 0 : 1;");
        text.line("}");
        text.line("#endif");
    }
}
