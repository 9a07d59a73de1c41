//! Gives every value a place: gradients where the optimizer wants them, all else in one arena that values share in turn.

use super::fuse::storage;
use super::lifetime::Lifetime;
use super::occupancy::Occupancy;
use super::step::{Action, Instruction, Program, Source, Step};
use super::{ALIGNMENT, Buffer, Place, Plan, Request, Space, parameter_offsets};
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};

/// The plan whose steps know where in memory every value lies.
pub(super) fn place(graph: &Graph, request: &Request, steps: Vec<Step<NodeId>>, lifetimes: Vec<Lifetime>) -> Plan {
    let (offsets, parameters_length) = parameter_offsets(graph);
    let mut places: Vec<Option<Place>> = vec![None; graph.len()];
    for (&parameter, &offset) in graph.parameters().iter().zip(&offsets) {
        places[parameter.0] = Some(Place { space: Space::Parameters, offset });
    }
    // A gradient is computed right where it is wanted, unless two parameters share it or it is not computed at all.
    let mut left_to_copy = Vec::new();
    for ((&parameter, gradient), &offset) in graph.parameters().iter().zip(&request.gradients).zip(&offsets) {
        let place = Place { space: Space::Gradients, offset };
        match gradient.map(|gradient| storage(graph, gradient)) {
            Some(node) if places[node.0].is_none() && !matches!(graph.op(node), Op::Input(_)) => {
                places[node.0] = Some(place);
            }
            source => left_to_copy.push((parameter, source, place)),
        }
    }
    let in_arena: Vec<Lifetime> = lifetimes.into_iter().filter(|value| places[value.node.0].is_none()).collect();
    let (starts, arena_length) = pack(graph, &in_arena, steps.len());
    for (value, &offset) in in_arena.iter().zip(&starts) {
        places[value.node.0] = Some(Place { space: Space::Arena, offset });
    }

    let at = |node: NodeId| places[storage(graph, node).0].expect("every value that is used has a place");
    let mut planned: Vec<Step<Place>> =
        steps.iter().map(|step| Step { node: step.node, action: step.action.map(|&node, _| at(node)) }).collect();
    for (parameter, source, to) in left_to_copy {
        let length = graph.shape(parameter).elements();
        let action = match source {
            Some(source) => {
                Action::Columns { rows: 1, width: length, from: (at(source), length, 0), to: (to, length, 0) }
            }
            None => zeros(graph, parameter, to),
        };
        planned.push(Step { node: parameter, action });
    }
    Plan {
        labels: planned.iter().map(|step| graph.label(step.node)).collect(),
        steps: planned,
        arena_length,
        parameters_length,
        gradients_length: if request.gradients.is_empty() { 0 } else { parameters_length },
        inputs: graph.inputs().iter().map(|&input| (at(input), graph.shape(input))).collect(),
        outputs: request.outputs.iter().map(|&output| (at(output), graph.shape(output))).collect(),
        buffers: in_arena
            .iter()
            .zip(&starts)
            .map(|(value, &offset)| Buffer {
                label: graph.label(value.node),
                offset,
                length: graph.shape(value.node).elements(),
                first_step: value.first,
                last_step: value.last,
            })
            .collect(),
    }
}

/// The step that writes zeros as the gradient of a parameter that the loss does not depend on.
fn zeros(graph: &Graph, parameter: NodeId, output: Place) -> Action<Place> {
    let shape = graph.shape(parameter);
    let zero = Source::Number(0.0);
    Action::Elementwise(Program {
        rows: 1,
        columns: shape.elements(),
        operands: Vec::new(),
        instructions: vec![Instruction { op: Op::Constant(0.0, shape), sources: [zero, zero] }],
        output,
    })
}

/// The first number of each value in the arena, and the arena's length: the largest value first, each at the lowest
/// place that is free during its whole life.
fn pack(graph: &Graph, values: &[Lifetime], steps: usize) -> (Vec<usize>, usize) {
    let length = |index: usize| graph.shape(values[index].node).elements().next_multiple_of(ALIGNMENT);
    let mut by_length: Vec<usize> = (0..values.len()).collect();
    by_length.sort_by_key(|&index| std::cmp::Reverse(length(index)));
    let mut occupancy = Occupancy::new(steps);
    let mut starts = vec![0; values.len()];
    for &index in &by_length {
        starts[index] = occupancy.take(values[index].steps(steps), length(index));
    }
    let end = starts.iter().enumerate().map(|(index, start)| start.saturating_add(length(index))).max().unwrap_or(0);
    (starts, end)
}
