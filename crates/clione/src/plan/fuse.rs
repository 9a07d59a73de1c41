//! Groups nodes into steps, so that values are computed while they are at hand.
//!
//! Runs of element-by-element operations become one program, a program becomes the epilogue of the matrix product it starts
//! from, and a softmax shares the work of its cross-entropy.

use super::Request;
use super::step::{Action, Instruction, MAX_INSTRUCTIONS, Operand, Over, Product, Program, Source, Step, View};
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};

/// The steps that compute every needed node, in an order in which each finds what it reads.
pub(super) fn fuse(graph: &Graph, request: &Request, needed: &[bool]) -> Vec<Step<NodeId>> {
    let mut fusion = Fusion::new(graph, request, needed);
    fusion.group_elementwise();
    fusion.attach_products();
    fusion.pair_softmaxes();
    fusion.emit()
}

/// Where the value that lives at the node's address is really stored: a reshape is the same memory.
pub(super) fn storage(graph: &Graph, id: NodeId) -> NodeId {
    match graph.op(id) {
        Op::Reshape(original, _) => storage(graph, original),
        _ => id,
    }
}

/// Whether each number of the result depends on the numbers at the same place only.
fn is_elementwise(op: Op) -> bool {
    match op {
        Op::Add(..)
        | Op::Sub(..)
        | Op::Mul(..)
        | Op::Scale(..)
        | Op::Square(_)
        | Op::Abs(_)
        | Op::Sign(_)
        | Op::Huber(..)
        | Op::Clamp(..)
        | Op::Within(..)
        | Op::Activate(..)
        | Op::Slope(..)
        | Op::SigmoidCrossEntropy(..) => true,
        Op::Input(_)
        | Op::Parameter(_)
        | Op::Constant(..)
        | Op::Mask { .. }
        | Op::MatMul(..)
        | Op::Transpose(_)
        | Op::Softmax(_)
        | Op::SoftmaxCrossEntropy(..)
        | Op::SumTo(..)
        | Op::Broadcast(..)
        | Op::Reshape(..)
        | Op::Concat(..)
        | Op::Slice { .. }
        | Op::Pad { .. } => false,
    }
}

/// Whether the value needs no step of its own because its readers can read what it is made from.
fn is_view(op: Op) -> bool {
    matches!(op, Op::Constant(..) | Op::Transpose(_) | Op::Broadcast(..) | Op::Reshape(..))
}

struct Fusion<'a> {
    graph: &'a Graph,
    needed: &'a [bool],
    requested: Vec<bool>,
    consumers: Vec<Vec<NodeId>>,
    /// For each element-by-element node the last node of its group, at whose turn the whole group runs.
    root: Vec<Option<NodeId>>,
    /// For each root of a group its nodes, the last one first.
    groups: Vec<Vec<NodeId>>,
    /// For each root of a group the product it is the epilogue of.
    product_of: Vec<Option<NodeId>>,
    /// For each product the root of its epilogue.
    epilogue_of: Vec<Option<NodeId>>,
    /// For each cross-entropy the softmax that it computes on the way, and the other way round.
    softmax_pair: Vec<Option<NodeId>>,
    /// Views that somebody reads as memory and that therefore need a step.
    materialized: Vec<bool>,
}

impl<'a> Fusion<'a> {
    fn new(graph: &'a Graph, request: &Request, needed: &'a [bool]) -> Self {
        let mut consumers = vec![Vec::new(); graph.len()];
        for (id, node) in graph.nodes().filter(|(id, _)| needed[id.0]) {
            for operand in node.op.operands() {
                consumers[operand.0].push(id);
            }
        }
        let mut requested = vec![false; graph.len()];
        for &id in request.outputs.iter().chain(request.gradients.iter().flatten()) {
            requested[storage(graph, id).0] = true;
        }
        Fusion {
            graph,
            needed,
            requested,
            consumers,
            root: vec![None; graph.len()],
            groups: vec![Vec::new(); graph.len()],
            product_of: vec![None; graph.len()],
            epilogue_of: vec![None; graph.len()],
            softmax_pair: vec![None; graph.len()],
            materialized: vec![false; graph.len()],
        }
    }

    fn needed_nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, Op)> + use<'a> {
        let needed = self.needed;
        self.graph.nodes().filter(|(id, _)| needed[id.0]).map(|(id, node)| (id, node.op))
    }

    /// A node joins the group of its readers when they all are in one group of the same shape; else it ends a group.
    /// Going backwards, slopes meet the product they multiply instead of being stored by the forward pass.
    fn group_elementwise(&mut self) {
        for (id, _) in self.needed_nodes().rev().filter(|(_, op)| is_elementwise(*op)) {
            let shape = self.graph.shape(id);
            let mut roots = self.consumers[id.0]
                .iter()
                .map(|&reader| self.root[reader.0].filter(|_| self.graph.shape(reader) == shape));
            let first = roots.next().flatten();
            let same = roots.all(|root| root == first) && !self.requested[id.0];
            let group = first.filter(|root| same && self.groups[root.0].len() < MAX_INSTRUCTIONS).unwrap_or(id);
            self.groups[group.0].push(id);
            self.root[id.0] = Some(group);
        }
    }

    /// When the whole group of `id` runs, or the node itself where it is in none.
    fn position(&self, id: NodeId) -> NodeId {
        self.root[id.0].unwrap_or(id)
    }

    /// A group becomes the epilogue of a product it reads, when everybody else reads that product later.
    fn attach_products(&mut self) {
        // When each value is read first: a group that reads a product no later than everybody else is there.
        let first_read: Vec<Option<NodeId>> =
            self.consumers.iter().map(|readers| readers.iter().map(|&reader| self.position(reader)).min()).collect();
        let groups: Vec<NodeId> =
            self.needed_nodes().map(|(id, _)| id).filter(|&id| self.root[id.0] == Some(id)).collect();
        for root in groups {
            let product = self
                .members(root)
                .flat_map(|member| self.graph.op(member).operands().collect::<Vec<_>>())
                .filter(|&operand| matches!(self.graph.op(operand), Op::MatMul(..)))
                .filter(|&product| self.epilogue_of[product.0].is_none())
                .filter(|&product| self.graph.shape(product) == self.graph.shape(root))
                .filter(|&product| first_read[product.0] == Some(root))
                .max();
            if let Some(product) = product {
                self.product_of[root.0] = Some(product);
                self.epilogue_of[product.0] = Some(root);
            }
        }
    }

    /// The nodes of a group in the order in which they are computed.
    fn members(&self, root: NodeId) -> impl Iterator<Item = NodeId> {
        self.groups[root.0].iter().rev().copied()
    }

    /// A softmax and a cross-entropy of the same logits run as one step, when nobody needs the softmax before.
    fn pair_softmaxes(&mut self) {
        let losses: Vec<(NodeId, NodeId)> = self
            .needed_nodes()
            .filter_map(|(id, op)| if let Op::SoftmaxCrossEntropy(z, _) = op { Some((id, z)) } else { None })
            .collect();
        let mut softmax_of = vec![None; self.graph.len()];
        for (id, op) in self.needed_nodes() {
            if let Op::Softmax(logits) = op {
                softmax_of[logits.0].get_or_insert(id);
            }
        }
        for (loss, logits) in losses {
            let softmax = softmax_of[logits.0].filter(|id: &NodeId| self.softmax_pair[id.0].is_none());
            let Some(softmax) = softmax else { continue };
            if self.consumers[softmax.0].iter().all(|&reader| self.position(reader) > loss) {
                self.softmax_pair[softmax.0] = Some(loss);
                self.softmax_pair[loss.0] = Some(softmax);
            }
        }
    }

    fn emit(mut self) -> Vec<Step<NodeId>> {
        let mut steps: Vec<Step<NodeId>> = Vec::new();
        for (id, op) in self.needed_nodes() {
            if is_view(op) {
                self.materialized[id.0] |= self.requested[id.0];
            } else {
                self.emit_node(id, &mut steps);
            }
        }
        // A view may itself read a view, which stands before it.
        for id in (0..self.graph.len()).rev().map(NodeId) {
            if self.materialized[id.0] {
                self.emit_view(id, &mut steps);
            }
        }
        steps.sort_by_key(|step| step.node); // stable: steps that write parts of one value keep their order
        steps
    }

    /// The address of a value that is read as memory.
    fn memory(&mut self, id: NodeId) -> NodeId {
        let id = storage(self.graph, id);
        if is_view(self.graph.op(id)) {
            self.materialized[id.0] = true;
        }
        id
    }

    fn emit_node(&mut self, id: NodeId, steps: &mut Vec<Step<NodeId>>) {
        let shape = self.graph.shape(id);
        let mut push = |action| steps.push(Step { node: id, action });
        match self.graph.op(id) {
            Op::Input(_) | Op::Parameter(_) => {}
            Op::Constant(..) | Op::Transpose(_) | Op::Broadcast(..) | Op::Reshape(..) => {
                unreachable!("views are emitted where they are read as memory")
            }
            Op::Mask { rate, number, .. } => push(Action::Mask { rate, number, length: shape.elements(), to: id }),
            Op::MatMul(..) => {
                if self.epilogue_of[id.0].is_none() {
                    push(self.product(id, id, None));
                }
            }
            Op::Add(..)
            | Op::Sub(..)
            | Op::Mul(..)
            | Op::Scale(..)
            | Op::Square(_)
            | Op::Abs(_)
            | Op::Sign(_)
            | Op::Huber(..)
            | Op::Clamp(..)
            | Op::Within(..)
            | Op::Activate(..)
            | Op::Slope(..)
            | Op::SigmoidCrossEntropy(..) => {
                if self.root[id.0] == Some(id) {
                    let program = self.program(id);
                    push(match self.product_of[id.0] {
                        None => Action::Elementwise(program),
                        Some(product) => {
                            // The product itself is kept only where somebody outside the epilogue reads it.
                            let kept = self.requested[product.0]
                                || self.consumers[product.0].iter().any(|reader| self.root[reader.0] != Some(id));
                            let output = if kept { product } else { id };
                            self.product(product, output, Some(program))
                        }
                    });
                }
            }
            Op::Softmax(x) => {
                if self.softmax_pair[id.0].is_none() {
                    let logits = self.memory(x);
                    push(Action::Softmax { rows: shape.rows(), columns: shape.columns(), logits, to: id });
                }
            }
            Op::SoftmaxCrossEntropy(z, t) => {
                let of = self.graph.shape(z);
                let (logits, targets) = (self.memory(z), self.memory(t));
                push(Action::SoftmaxCrossEntropy {
                    rows: of.rows(),
                    columns: of.columns(),
                    logits,
                    targets,
                    losses: id,
                    probabilities: self.softmax_pair[id.0],
                });
            }
            Op::SumTo(x, _) => {
                let of = self.graph.shape(x);
                let over = if shape.elements() == 1 {
                    Over::Everything
                } else if shape.rows() == 1 {
                    Over::Rows
                } else {
                    Over::Columns
                };
                let from = self.memory(x);
                push(Action::Sum { over, rows: of.rows(), columns: of.columns(), from, to: id });
            }
            Op::Concat(a, b) => {
                let mut start = 0;
                for part in [a, b] {
                    let width = self.graph.shape(part).columns();
                    let from = (self.memory(part), width, 0);
                    push(Action::Columns { rows: shape.rows(), width, from, to: (id, shape.columns(), start) });
                    start += width;
                }
            }
            Op::Slice { of, start, width } => {
                let columns = self.graph.shape(of).columns();
                let from = (self.memory(of), columns, start);
                push(Action::Columns { rows: shape.rows(), width, from, to: (id, width, 0) });
            }
            Op::Pad { of, start, width } => {
                let inner = self.graph.shape(of).columns();
                let from = (self.memory(of), inner, 0);
                push(fill(shape.rows(), shape.columns(), Op::Constant(0.0, shape), Source::Number(0.0), vec![], id));
                push(Action::Columns { rows: shape.rows(), width: inner, from, to: (id, width, start) });
            }
        }
    }

    fn emit_view(&mut self, id: NodeId, steps: &mut Vec<Step<NodeId>>) {
        let shape = self.graph.shape(id);
        let op = self.graph.op(id);
        let action = match op {
            Op::Constant(value, _) => fill(shape.rows(), shape.columns(), op, Source::Number(value), vec![], id),
            Op::Broadcast(x, _) => {
                let operand = Operand { at: self.memory(x), view: view(self.graph, x, id) };
                fill(shape.rows(), shape.columns(), op, Source::Operand(0), vec![operand], id)
            }
            Op::Transpose(x) => {
                let of = self.graph.shape(x);
                Action::Transpose { rows: of.rows(), columns: of.columns(), from: self.memory(x), to: id }
            }
            _ => unreachable!("only constants, broadcasts and transposes are views with memory of their own"),
        };
        steps.push(Step { node: id, action });
    }

    fn product(&mut self, product: NodeId, output: NodeId, epilogue: Option<Program<NodeId>>) -> Action<NodeId> {
        let Op::MatMul(a, b) = self.graph.op(product) else { unreachable!("only products are attached") };
        let (left, left_transposed) = self.product_operand(a);
        let (right, right_transposed) = self.product_operand(b);
        let shape = self.graph.shape(product);
        Action::MatMul {
            product: Product {
                rows: shape.rows(),
                inner: self.graph.shape(a).columns(),
                columns: shape.columns(),
                left_transposed,
                right_transposed,
            },
            left,
            right,
            output,
            epilogue,
        }
    }

    /// A transpose never runs where a product reads it: it becomes a flag of the product.
    fn product_operand(&mut self, id: NodeId) -> (NodeId, bool) {
        match self.graph.op(id) {
            Op::Transpose(original) if !self.requested[id.0] => (self.memory(original), true),
            _ => (self.memory(id), false),
        }
    }

    fn program(&mut self, root: NodeId) -> Program<NodeId> {
        let shape = self.graph.shape(root);
        let members: Vec<NodeId> = self.members(root).collect();
        let mut operands: Vec<Operand<NodeId>> = Vec::new();
        let mut instructions = Vec::with_capacity(members.len());
        for &member in &members {
            let op = self.graph.op(member);
            let mut sources = [Source::Number(0.0); 2];
            for (source, operand) in sources.iter_mut().zip(op.operands()) {
                *source = self.source(operand, root, &members, &mut operands);
            }
            instructions.push(Instruction { op, sources });
        }
        Program { rows: shape.rows(), columns: shape.columns(), operands, instructions, output: root }
    }

    fn source(&mut self, id: NodeId, root: NodeId, members: &[NodeId], operands: &mut Vec<Operand<NodeId>>) -> Source {
        if let Some(result) = members.iter().position(|&member| member == id) {
            return Source::Result(result);
        }
        if self.product_of[root.0] == Some(id) {
            return Source::Accumulator;
        }
        let operand = match self.graph.op(id) {
            Op::Constant(value, _) => return Source::Number(value),
            Op::Broadcast(x, _) if !self.requested[id.0] => {
                Operand { at: self.memory(x), view: view(self.graph, x, id) }
            }
            _ => Operand { at: self.memory(id), view: View::Full },
        };
        let known = operands.iter().position(|known| *known == operand);
        Source::Operand(known.unwrap_or_else(|| {
            operands.push(operand);
            operands.len() - 1
        }))
    }
}

/// How `small` is repeated to give `large`.
fn view(graph: &Graph, small: NodeId, large: NodeId) -> View {
    let (small, large) = (graph.shape(small), graph.shape(large));
    if small.elements() == 1 {
        View::Single
    } else if small.rows() == 1 && small.columns() == large.columns() {
        View::Row
    } else {
        View::Column
    }
}

/// A program of one instruction that writes what it reads.
fn fill(
    rows: usize,
    columns: usize,
    op: Op,
    source: Source,
    operands: Vec<Operand<NodeId>>,
    output: NodeId,
) -> Action<NodeId> {
    let instructions = vec![Instruction { op, sources: [source, Source::Number(0.0)] }];
    Action::Elementwise(Program { rows, columns, operands, instructions, output })
}
