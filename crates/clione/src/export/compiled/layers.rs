//! The layers of a network as loops of the language.

use super::Syntax;
use super::network::{Array, Layer, Loop, Parameter, Value};
use super::source::Writer;
use super::text::Text;

impl Writer<'_> {
    /// What a layer does, in a line: `dense1: 4 -> 16, tanh`.
    pub(super) fn describe(&self, layer: &Layer) -> String {
        let count = |array: &Array| self.loops.arrays[array.0].1;
        let mut words = Vec::new();
        for step in &layer.loops {
            match step {
                Loop::Product { from, to, .. } => words.push(format!("{} -> {}", count(from), count(to))),
                Loop::Softmax { to, .. } => words.push(format!("{} probabilities", count(to))),
                Loop::Copy { from, .. } => words.push(format!("{} numbers of {}", count(from), self.array_name(*from))),
                Loop::Each { value, .. } => describe_value(value, &mut words),
            }
        }
        format!("{}: {}", layer.name, words.join(", "))
    }

    pub(super) fn array_name(&self, array: Array) -> &str {
        &self.loops.arrays[array.0].0
    }

    /// The function that goes through the layers.
    pub(super) fn write_network(&self, text: &mut Text) {
        let (kind, loops) = (self.kind(), &self.loops);
        let (inputs, outputs) = (loops.arrays[0].1, loops.arrays[loops.output.0].1);
        text.documentation("The network: every sum begins with its first term and goes on in order.");
        text.either(
            format!("static void network(const {kind} *input, {kind} *result) {{"),
            format!("fn network(input: &[{kind}; {inputs}]) -> [{kind}; {outputs}] {{"),
        );
        for (at, layer) in loops.layers.iter().enumerate() {
            if at > 0 {
                text.line("");
            }
            text.comment(&self.describe(layer));
            for &array in &layer.begins {
                if array != loops.output || self.language == Syntax::Rust {
                    text.zeros(self.precision, self.array_name(array), loops.arrays[array.0].1);
                }
            }
            layer.loops.iter().for_each(|step| self.write_loop(text, step));
        }
        if self.language == Syntax::Rust {
            text.line("result");
        }
        text.line("}");
        text.line("");
    }

    pub(super) fn write_loop(&self, text: &mut Text, step: &Loop) {
        let count = |array: Array| self.loops.arrays[array.0].1.to_string();
        let name = |array: Array| self.array_name(array);
        match step {
            Loop::Product { from, weights, to } => {
                if *to == self.loops.output && self.language == Syntax::C {
                    text.count("j", &count(*to));
                    text.line(format!("result[j] = {};", self.literal(0.0)));
                    text.line("}");
                }
                let weights = &self.loops.parameters[weights.0].name;
                let (from_name, to_name) = (name(*from), name(*to));
                text.count("k", &count(*from));
                text.count("j", &count(*to));
                text.line(format!(
                    "{to_name}[j] = fma_{}({from_name}[k], {weights}[k][j], {to_name}[j]);",
                    self.kind()
                ));
                text.line("}");
                text.line("}");
            }
            Loop::Each { value, to } => {
                text.count("j", &count(*to));
                text.line(format!("{}[j] = {};", name(*to), self.value(value)));
                text.line("}");
            }
            Loop::Softmax { from, to } => {
                let reference =
                    |array: Array| if array == Array(0) { name(array).to_owned() } else { format!("&{}", name(array)) };
                text.either(
                    format!("softmax_{}({}, {}, {});", self.kind(), name(*from), name(*to), count(*to)),
                    format!("softmax_{}({}, &mut {});", self.kind(), reference(*from), name(*to)),
                );
            }
            Loop::Copy { from, to, start } => {
                text.count("j", &count(*from));
                let place = if *start == 0 { "j".to_owned() } else { format!("{start} + j") };
                text.line(format!("{}[{place}] = {}[j];", name(*to), name(*from)));
                text.line("}");
            }
        }
    }

    pub(super) fn value(&self, value: &Value) -> String {
        match value {
            Value::Element(array) => format!("{}[j]", self.array_name(*array)),
            Value::Parameter(Parameter(place)) => format!("{}[j]", self.loops.parameters[*place].name),
            Value::Activation(activation, inner) => {
                format!("{}_{}({})", activation.name(), self.kind(), self.value(inner))
            }
            Value::Sum(terms) => {
                let [left, right] = terms.each_ref().map(|term| self.value(term));
                let right = if matches!(terms[1], Value::Sum(_)) { format!("({right})") } else { right };
                format!("{left} + {right}")
            }
        }
    }
}

fn describe_value(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Element(_) | Value::Parameter(_) => {}
        Value::Activation(activation, inner) => {
            describe_value(inner, words);
            words.push(activation.name().to_owned());
        }
        Value::Sum(terms) => {
            terms.iter().for_each(|term| describe_value(term, words));
            if terms.iter().all(|term| matches!(term, Value::Element(_))) {
                words.push("added up".to_owned());
            }
        }
    }
}
