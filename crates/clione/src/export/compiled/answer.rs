//! The function that others call: from the network's numbers to a class or a number.

use super::row::Holds;
use super::source::Writer;
use super::text::{Text, kind};
use super::{DOUBLE, Syntax};
use crate::data::target::TargetTreatment;
use crate::train::evaluate::Units;
use crate::train::metric::Decision;
use crate::train::recipe::Precision;

impl Writer<'_> {
    /// The function that others call.
    pub(super) fn write_predict(&self, text: &mut Text) {
        let (kind, classes) = (self.kind(), self.classes().len());
        let (inputs, outputs) = (self.loops.arrays[0].1, self.loops.arrays[self.loops.output.0].1);
        match self.language {
            Syntax::C => {
                text.line(format!("{} {{", self.signature()));
                text.line(format!("{kind} input[{inputs}], output[{outputs}];"));
                let given = if self.columns.fields.is_empty() { "pixels" } else { "row" };
                text.line(format!("const char *problem = prepare({given}, input);"));
                text.condition("problem != NULL");
                text.line("return problem;");
                text.line("}");
                text.line("network(input, output);");
            }
            Syntax::Rust => {
                let gives = if classes == 0 { "f64" } else { "Prediction" };
                let (takes, given) = match self.columns.fields.is_empty() {
                    true => (format!("pixels: &[u8; {inputs}]"), "pixels"),
                    false => (format!("row: &Row{}", self.lifetime("'_")), "row"),
                };
                text.documentation(&format!("{}, or why it says nothing.", self.what_is_said()));
                text.line(format!("pub fn predict({takes}) -> Result<{gives}, &'static str> {{"));
                text.line(format!("let output = network(&prepare({given})?);"));
            }
        }
        if classes == 0 {
            self.write_number(text);
        } else {
            self.write_class(text, classes);
        }
        text.line("}");
        text.line("");
        if self.columns.fields.iter().any(|field| field.holds == Holds::Moment) {
            self.write_moment(text);
        }
    }

    /// The number of the network in the units of the target.
    pub(super) fn write_number(&self, text: &mut Text) {
        let Units { treatment, mean, scale } = self.model.source.units();
        let (mean, scale) = (self.language.double(mean), self.language.double(scale));
        let output = match (self.language, self.precision) {
            (_, Precision::F64) => "output[0]",
            (Syntax::C, Precision::F32) => "(double)output[0]",
            (Syntax::Rust, Precision::F32) => "f64::from(output[0])",
        };
        let power = format!("exp_{}(learned)", kind(self.language, DOUBLE));
        let answer = match treatment {
            TargetTreatment::Standardise => "learned".to_owned(),
            TargetTreatment::Log => power,
            TargetTreatment::Log1p => format!("{power} - 1.0"),
        };
        let learned = format!("{mean} + {scale} * {output}");
        text.either(format!("const double learned = {learned};"), format!("let learned = {learned};"));
        text.either(format!("*answer = {answer};"), format!("Ok({answer})"));
        if self.language == Syntax::C {
            text.line("return NULL;");
        }
    }

    /// The class that is said.
    pub(super) fn write_class(&self, text: &mut Text, classes: usize) {
        let as_double = |value: &str| match (self.language, self.precision) {
            (_, Precision::F64) => value.to_owned(),
            (Syntax::C, Precision::F32) => format!("(double){value}"),
            (Syntax::Rust, Precision::F32) => format!("f64::from({value})"),
        };
        if classes == 2 {
            let p = as_double("output[0]");
            if self.language == Syntax::C {
                text.line(format!("answer->probabilities[0] = 1.0 - {p};"));
                text.line(format!("answer->probabilities[1] = {p};"));
            } else {
                text.line(format!("let probabilities = [1.0 - {p}, {p}];"));
            }
        } else if self.language == Syntax::C {
            text.count("j", &classes.to_string());
            text.line(format!("answer->probabilities[j] = {};", as_double("output[j]")));
            text.line("}");
        } else if self.precision == DOUBLE {
            text.line("let probabilities = output;");
        } else {
            text.line("let probabilities = output.map(f64::from);");
        }
        match self.model.decision {
            Decision::Threshold(at) => {
                let at = self.language.double(at);
                text.either(
                    format!("answer->class_index = answer->probabilities[1] >= {at} ? 1 : 0;"),
                    format!("let class_index = usize::from(probabilities[1] >= {at});"),
                );
            }
            Decision::MostProbable => self.write_most_probable(text, classes),
        }
        text.either(
            "answer->class_name = CLASS_NAMES[answer->class_index];",
            "Ok(Prediction { class_index, class_name: CLASS_NAMES[class_index], probabilities })",
        );
        if self.language == Syntax::C {
            text.line("return NULL;");
        }
    }

    /// The place of the greatest probability, the first of equals.
    fn write_most_probable(&self, text: &mut Text, classes: usize) {
        text.either("answer->class_index = 0;", "let mut class_index = 0;");
        text.count("j", &classes.to_string());
        let (start, place) = match self.language {
            Syntax::C => ("answer->", "answer->class_index"),
            Syntax::Rust => ("", "class_index"),
        };
        text.condition(&format!("{start}probabilities[j] > {start}probabilities[{place}]"));
        text.line(format!("{place} = j;"));
        text.line("}");
        text.line("}");
    }

    /// The function that makes a moment of a date.
    pub(super) fn write_moment(&self, text: &mut Text) {
        match self.language {
            Syntax::C => text.line(format!("{} {{", self.moment_signature())),
            Syntax::Rust => {
                text.documentation("The moment of a date and a time of day, as rows have it.");
                let numbers = "year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64";
                text.line("#[allow(dead_code)]");
                text.line(format!("pub fn moment({numbers}) -> f64 {{"));
            }
        }
        text.either(
            "const double days = (double)days_from_civil(year, month, day);",
            "let days = days_from_civil(year.into(), month.into(), day.into()) as f64;",
        );
        text.either(
            "return days * 86400.0 + ((double)(hour * 3600 + minute * 60) + second);",
            "days * 86_400.0 + (f64::from(hour * 3600 + minute * 60) + second)",
        );
        text.line("}");
        text.line("");
    }
}
