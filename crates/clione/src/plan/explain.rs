//! A plan read aloud: each step with its operations and bytes, each value with its place and lifetime.

use super::step::{Action, Over, Program, Step};
use super::{Place, Plan};
use std::fmt::Write;

impl Step<Place> {
    /// Floating-point operations of this step; a multiplication with an addition counts as two, a function as one.
    pub fn operations(&self) -> usize {
        let program = |program: &Program<Place>| program.rows * program.columns * program.instructions.len();
        match &self.action {
            Action::MatMul { product, epilogue, .. } => {
                2 * product.rows * product.inner * product.columns + epilogue.as_ref().map_or(0, program)
            }
            Action::Elementwise(run) => program(run),
            Action::Sum { rows, columns, .. } => rows * columns,
            Action::Softmax { rows, columns, .. } => 4 * rows * columns,
            Action::SoftmaxCrossEntropy { rows, columns, .. } => 7 * rows * columns,
            Action::Columns { .. } | Action::Transpose { .. } => 0,
            Action::Mask { length, .. } => *length,
        }
    }

    /// What the step does, in words: `product 32x8 · 8x16, then add, relu`.
    pub fn description(&self) -> String {
        let list = |program: &Program<Place>| {
            program.instructions.iter().map(|instruction| instruction.op.name()).collect::<Vec<_>>().join(", ")
        };
        match &self.action {
            Action::MatMul { product: p, epilogue, .. } => {
                let transposed = |flag| if flag { "ᵀ" } else { "" };
                let (left, right) = (transposed(p.left_transposed), transposed(p.right_transposed));
                let mut text = format!("product {}x{}{left} · {}x{}{right}", p.rows, p.inner, p.inner, p.columns);
                if let Some(program) = epilogue {
                    let _ = write!(text, ", then {}", list(program));
                }
                text
            }
            Action::Elementwise(program) => format!("{} on {}x{}", list(program), program.rows, program.columns),
            Action::Sum { over, rows, columns, .. } => match over {
                Over::Everything => format!("sum of all {rows}x{columns}"),
                Over::Rows => format!("sum of {rows} rows of {columns}"),
                Over::Columns => format!("sum along {rows} rows of {columns}"),
            },
            Action::Softmax { rows, columns, .. } => format!("softmax of {rows} rows of {columns}"),
            Action::SoftmaxCrossEntropy { rows, columns, probabilities, .. } => {
                let also = if probabilities.is_some() { " with its softmax" } else { "" };
                format!("cross-entropy of {rows} rows of {columns}{also}")
            }
            Action::Columns { rows, width, .. } => format!("copy of {rows}x{width}"),
            Action::Transpose { rows, columns, .. } => format!("transpose of {rows}x{columns}"),
            Action::Mask { rate, length, .. } => format!("mask of {length} numbers, {rate} of them 0"),
        }
    }
}

impl Plan {
    /// The plan as text: a line for each step and each value in memory, with totals.
    ///
    /// `bytes` is the size of one number: 4 for f32, 8 for f64.
    pub fn explain(&self, bytes: usize) -> String {
        let mut text = String::new();
        let width = self.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
        let _ = writeln!(text, "{} steps", self.steps.len());
        for (number, (step, label)) in self.steps.iter().zip(&self.labels).enumerate() {
            let operations = step.operations();
            let _ = writeln!(text, "  {number:>3}  {label:<width$}  {}  ({operations} operations)", step.description());
        }
        let operations: usize = self.steps.iter().map(Step::operations).sum();
        let _ = writeln!(text, "  {operations} floating-point operations in all");
        let _ = writeln!(text, "{} values share {} bytes", self.buffers.len(), self.arena_length * bytes);
        for buffer in &self.buffers {
            let first = buffer.first_step.map_or("the start".to_owned(), |step| format!("step {step}"));
            let last = buffer.last_step.map_or("the end".to_owned(), |step| format!("step {step}"));
            let (offset, length) = (buffer.offset * bytes, buffer.length * bytes);
            let _ = writeln!(
                text,
                "  {:<width$}  bytes {offset}..{}  from {first} to {last}",
                buffer.label,
                offset + length
            );
        }
        let parameters = self.parameters_length * bytes;
        let _ = writeln!(text, "parameters: {parameters} bytes; gradients: {} bytes", self.gradients_length * bytes);
        text
    }
}
