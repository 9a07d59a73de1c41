//! What a plan is made of: steps that read and write memory, and small programs of element-by-element operations.

use crate::graph::NodeId;
use crate::graph::op::Op;

/// One action of a plan; `A` is how memory is addressed: by node while planning, by place when planned.
#[derive(Clone, Debug)]
pub struct Step<A> {
    /// The node whose value is ready after this step.
    pub node: NodeId,
    /// What to do.
    pub action: Action<A>,
}

/// Something the executor has a kernel for.
#[derive(Clone, Debug)]
pub enum Action<A> {
    /// output = left · right, then the epilogue on every number of it while it is in cache.
    MatMul {
        /// The sizes and which operands are read transposed.
        product: Product,
        /// The left operand.
        left: A,
        /// The right operand.
        right: A,
        /// Where the product is written; the epilogue's results may go elsewhere.
        output: A,
        /// What is done with each number of the product at once.
        epilogue: Option<Program<A>>,
    },
    /// A run of element-by-element operations.
    Elementwise(Program<A>),
    /// Sums of a value of `rows` x `columns`, over everything, or down the columns, or along the rows.
    Sum {
        /// Over what.
        over: Over,
        /// The rows of the value.
        rows: usize,
        /// The columns of the value.
        columns: usize,
        /// The value.
        from: A,
        /// The sums.
        to: A,
    },
    /// Each row as probabilities.
    Softmax {
        /// The number of rows.
        rows: usize,
        /// The numbers in each.
        columns: usize,
        /// The logits.
        logits: A,
        /// The probabilities.
        to: A,
    },
    /// Cross-entropy of each row, and the probabilities where something else needs them.
    SoftmaxCrossEntropy {
        /// The number of rows.
        rows: usize,
        /// The numbers in each.
        columns: usize,
        /// The logits.
        logits: A,
        /// The target probabilities.
        targets: A,
        /// One loss for each row.
        losses: A,
        /// The probabilities, if needed.
        probabilities: Option<A>,
    },
    /// Copies `width` columns of each row.
    Columns {
        /// The number of rows.
        rows: usize,
        /// How many columns.
        width: usize,
        /// From where: a value, its columns, the first column taken.
        from: (A, usize, usize),
        /// To where: a value, its columns, the first column written.
        to: (A, usize, usize),
    },
    /// to\[j,i\] = from\[i,j\], where no product takes the transposed value as it is.
    Transpose {
        /// The rows of `from`.
        rows: usize,
        /// The columns of `from`.
        columns: usize,
        /// The value.
        from: A,
        /// The transposed value.
        to: A,
    },
    /// Draws dropout's mask.
    Mask {
        /// The share of zeros.
        rate: f64,
        /// Which mask of the graph.
        number: usize,
        /// How many numbers.
        length: usize,
        /// Where to.
        to: A,
    },
}

/// The sizes of a matrix product, (rows x inner) · (inner x columns), and how its operands lie in memory.
///
/// All matrices are row-major and contiguous. A transposed operand is stored the other way round and is not moved for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// Rows of the product.
    pub rows: usize,
    /// The length of each sum.
    pub inner: usize,
    /// Columns of the product.
    pub columns: usize,
    /// The left operand lies in memory as inner x rows.
    pub left_transposed: bool,
    /// The right operand lies in memory as columns x inner.
    pub right_transposed: bool,
}

/// What a sum runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Everything: one number comes out.
    Everything,
    /// All rows: one number for each column comes out.
    Rows,
    /// All columns: one number for each row comes out.
    Columns,
}

/// The most instructions of a program; it bounds the memory that a block of intermediate results takes.
pub const MAX_INSTRUCTIONS: usize = 12;

/// Element-by-element operations, one after another, on a value of `rows` x `columns`.
#[derive(Clone, Debug)]
pub struct Program<A> {
    /// The rows of the value.
    pub rows: usize,
    /// The columns of the value.
    pub columns: usize,
    /// What is read from memory.
    pub operands: Vec<Operand<A>>,
    /// What is computed; the result of the last instruction is stored at `output`.
    pub instructions: Vec<Instruction>,
    /// Where the last result goes.
    pub output: A,
}

/// A value in memory that a program reads, and how it is repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operand<A> {
    /// Where it begins.
    pub at: A,
    /// How it is repeated.
    pub view: View,
}

/// How a value in memory stands for one of `rows` x `columns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// It has every element.
    Full,
    /// It has one row, repeated for all rows.
    Row,
    /// It has one column, repeated for all columns.
    Column,
    /// It has one number, repeated for all.
    Single,
}

/// One element-by-element operation of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instruction {
    /// What to compute; its node ids only say what it came from.
    pub op: Op,
    /// What to compute it from; the second is used by operations on two values.
    pub sources: [Source; 2],
}

/// Where an instruction takes a number from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// The matrix product that the program is the epilogue of.
    Accumulator,
    /// A value in memory.
    Operand(usize),
    /// The result of an earlier instruction.
    Result(usize),
    /// The same number everywhere.
    Number(f64),
}

/// Whether a step reads or writes what is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The step reads it.
    Read,
    /// The step writes it.
    Write,
}

impl<A: Clone> Program<A> {
    fn map<B>(&self, address: &mut impl FnMut(&A, Access) -> B) -> Program<B> {
        Program {
            rows: self.rows,
            columns: self.columns,
            operands: self
                .operands
                .iter()
                .map(|operand| Operand { at: address(&operand.at, Access::Read), view: operand.view })
                .collect(),
            instructions: self.instructions.clone(),
            output: address(&self.output, Access::Write),
        }
    }
}

impl<A: Clone> Action<A> {
    /// The same action with every address replaced; `address` also learns whether it is read or written.
    pub fn map<B>(&self, mut address: impl FnMut(&A, Access) -> B) -> Action<B> {
        use Access::{Read, Write};
        match self {
            Action::MatMul { product, left, right, output, epilogue } => Action::MatMul {
                product: *product,
                left: address(left, Read),
                right: address(right, Read),
                output: address(output, Write),
                epilogue: epilogue.as_ref().map(|program| program.map(&mut address)),
            },
            Action::Elementwise(program) => Action::Elementwise(program.map(&mut address)),
            Action::Sum { over, rows, columns, from, to } => Action::Sum {
                over: *over,
                rows: *rows,
                columns: *columns,
                from: address(from, Read),
                to: address(to, Write),
            },
            Action::Softmax { rows, columns, logits, to } => Action::Softmax {
                rows: *rows,
                columns: *columns,
                logits: address(logits, Read),
                to: address(to, Write),
            },
            Action::SoftmaxCrossEntropy { rows, columns, logits, targets, losses, probabilities } => {
                Action::SoftmaxCrossEntropy {
                    rows: *rows,
                    columns: *columns,
                    logits: address(logits, Read),
                    targets: address(targets, Read),
                    losses: address(losses, Write),
                    probabilities: probabilities.as_ref().map(|to| address(to, Write)),
                }
            }
            Action::Columns { rows, width, from, to } => Action::Columns {
                rows: *rows,
                width: *width,
                from: (address(&from.0, Read), from.1, from.2),
                to: (address(&to.0, Write), to.1, to.2),
            },
            Action::Transpose { rows, columns, from, to } => {
                Action::Transpose { rows: *rows, columns: *columns, from: address(from, Read), to: address(to, Write) }
            }
            Action::Mask { rate, number, length, to } => {
                Action::Mask { rate: *rate, number: *number, length: *length, to: address(to, Write) }
            }
        }
    }
}
