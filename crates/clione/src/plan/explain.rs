//! What a plan costs: for each step what it computes, reads and writes, and for each value when it lives.

use super::step::{Action, Over, Program, Step, View};
use super::{Buffer, Place, Plan};
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

    /// How many numbers this step reads, and how many it writes: each operand once, however often it is used, as if all came
    /// from memory. What a program only hands on to its next instruction is not counted, for it is never stored.
    pub fn traffic(&self) -> (usize, usize) {
        let operands = |program: &Program<Place>| -> usize {
            let length = |view| match view {
                View::Full => program.rows * program.columns,
                View::Row => program.columns,
                View::Column => program.rows,
                View::Single => 1,
            };
            program.operands.iter().map(|operand| length(operand.view)).sum()
        };
        match &self.action {
            Action::MatMul { product, output, epilogue, .. } => {
                let factors = product.rows * product.inner + product.inner * product.columns;
                let written = product.rows * product.columns;
                match epilogue {
                    None => (factors, written),
                    // A product that is kept for others is written beside what is made of it.
                    Some(program) if program.output != *output => (factors + operands(program), 2 * written),
                    Some(program) => (factors + operands(program), written),
                }
            }
            Action::Elementwise(program) => (operands(program), program.rows * program.columns),
            Action::Sum { over, rows, columns, .. } => {
                let written = match over {
                    Over::Everything => 1,
                    Over::Rows => *columns,
                    Over::Columns => *rows,
                };
                (rows * columns, written)
            }
            Action::Softmax { rows, columns, .. } | Action::Transpose { rows, columns, .. } => {
                (rows * columns, rows * columns)
            }
            Action::SoftmaxCrossEntropy { rows, columns, probabilities, .. } => {
                let also = if probabilities.is_some() { rows * columns } else { 0 };
                (2 * rows * columns, rows + also)
            }
            Action::Columns { rows, width, .. } => (rows * width, rows * width),
            Action::Mask { length, .. } => (0, *length),
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
                Over::Rows => format!("sum of {} of {columns}", counted(*rows)),
                Over::Columns => format!("sum along {} of {columns}", counted(*rows)),
            },
            Action::Softmax { rows, columns, .. } => format!("softmax of {} of {columns}", counted(*rows)),
            Action::SoftmaxCrossEntropy { rows, columns, probabilities, .. } => {
                let also = if probabilities.is_some() { " with its softmax" } else { "" };
                format!("cross-entropy of {} of {columns}{also}", counted(*rows))
            }
            Action::Columns { rows, width, .. } => format!("copy of {rows}x{width}"),
            Action::Transpose { rows, columns, .. } => format!("transpose of {rows}x{columns}"),
            Action::Mask { rate, length, .. } => format!("mask of {length} numbers, {rate} of them 0"),
        }
    }
}

fn counted(rows: usize) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

impl Buffer {
    /// Whether the value is in use during the step of this number, counted from 0.
    pub fn lives_at(&self, step: usize) -> bool {
        self.first_step.is_none_or(|first| first <= step) && self.last_step.is_none_or(|last| step <= last)
    }
}

impl Plan {
    /// Floating-point operations of all steps.
    ///
    /// ```
    /// use clione::graph::Graph;
    /// use clione::plan::{Plan, Request};
    /// let mut graph = Graph::new();
    /// let (x, w) = (graph.input([2, 3]), graph.parameter([3, 4]));
    /// let y = graph.matmul(x, w)?;
    /// let plan = Plan::new(&graph, &Request { outputs: vec![y], ..Request::default() });
    /// assert_eq!(plan.operations(), 2 * 2 * 3 * 4); // a product and a sum for each term
    /// assert_eq!(plan.traffic(), (2 * 3 + 3 * 4, 2 * 4));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn operations(&self) -> usize {
        self.steps.iter().map(Step::operations).sum()
    }

    /// How many numbers all steps read, and how many they write: see [`Step::traffic`].
    pub fn traffic(&self) -> (usize, usize) {
        let traffic = self.steps.iter().map(Step::traffic);
        traffic.fold((0, 0), |all, step| (all.0 + step.0, all.1 + step.1))
    }

    /// How many numbers of the arena are in use during each step.
    pub fn live(&self) -> Vec<usize> {
        // What begins and what has ended before each step; their sums up to a step are what lives there.
        let mut begins = vec![0; self.steps.len() + 1];
        let mut ends = vec![0; self.steps.len() + 1];
        for buffer in &self.buffers {
            begins[buffer.first_step.unwrap_or(0)] += buffer.length;
            ends[buffer.last_step.map_or(self.steps.len(), |last| last + 1)] += buffer.length;
        }
        let mut live = 0;
        let steps = begins.iter().zip(&ends).take(self.steps.len());
        steps
            .map(|(begins, ends)| {
                live = live + begins - ends;
                live
            })
            .collect()
    }
}
