//! Places boxes that stand in columns one below another: first their order, so that few lines cross, then how far down.
//!
//! Order by the mean place of neighbours, swept to and fro (Sugiyama, Tagawa and Toda 1981); heights by the least squares of
//! what each box would like, among those that keep the order (isotonic regression).

use super::{Diagram, Edge};

/// The room between two boxes of a column, and the height that a line which passes a column is given.
const BETWEEN: f64 = 16.0;
const PASSING: f64 = 6.0;

/// How often the order is swept, and how often heights are settled.
const SWEEPS: usize = 12;
const ROUNDS: usize = 300;

/// In how many of the last rounds lines are only made straight.
const STRAIGHTENING: usize = 8;

/// The column of each node, and for each group its first column and the one behind its last.
///
/// Groups stand side by side. In a group what depends on something stands to the right of it, in the backward pass to the
/// left; what depends on nothing stands right before the first that needs it.
pub(super) fn columns(diagram: &Diagram) -> (Vec<usize>, Vec<(usize, usize)>) {
    let nodes = &diagram.nodes;
    let is_inner = |edge: &&Edge| {
        let (from, to) = (&nodes[edge.from], &nodes[edge.to]);
        from.group == to.group && from.look.is_backward() == to.look.is_backward()
    };
    let mut ranks = vec![0; nodes.len()];
    let mut has_operand = vec![false; nodes.len()];
    let mut edges: Vec<&Edge> = diagram.edges.iter().collect();
    edges.sort_by_key(|edge| edge.to);
    for edge in edges {
        has_operand[edge.to] = true;
        if is_inner(&edge) {
            ranks[edge.to] = ranks[edge.to].max(ranks[edge.from] + 1);
        }
    }
    for at in (0..nodes.len()).filter(|&at| !has_operand[at]) {
        let readers = diagram.edges.iter().filter(is_inner).filter(|edge| edge.from == at);
        ranks[at] = readers.map(|edge| ranks[edge.to] - 1).min().unwrap_or(0);
    }
    let mut spans = Vec::with_capacity(diagram.groups.len());
    let mut start = 0;
    for group in 0..diagram.groups.len() {
        let of_group = || (0..nodes.len()).filter(|&at| nodes[at].group == group);
        let end = start + of_group().map(|at| ranks[at] + 1).max().unwrap_or(0);
        for at in of_group() {
            ranks[at] = if nodes[at].look.is_backward() { end - 1 - ranks[at] } else { start + ranks[at] };
        }
        spans.push((start, end));
        start = end;
    }
    (ranks, spans)
}

/// Where boxes and lines are, from top to bottom.
pub(super) struct Heights {
    /// The middle of each box.
    pub(super) boxes: Vec<f64>,
    /// For each edge the columns that it passes on its way, and where.
    pub(super) passes: Vec<Vec<(usize, f64)>>,
    /// How much room all take; the highest begins at 0.
    pub(super) bottom: f64,
}

/// A box, or a place where a line passes a column.
struct Slot {
    column: usize,
    height: f64,
    left: Vec<usize>,
    right: Vec<usize>,
}

/// Places boxes of these columns and heights; an edge leads from one column to another.
pub(super) fn place(boxes: &[(usize, f64)], edges: &[(usize, usize)]) -> Heights {
    let slot = |&(column, height): &(usize, f64)| Slot { column, height, left: Vec::new(), right: Vec::new() };
    let mut slots: Vec<Slot> = boxes.iter().map(slot).collect();
    let mut chains = Vec::with_capacity(edges.len());
    for &(from, to) in edges {
        let (begin, end) = (boxes[from].0, boxes[to].0);
        let mut between: Vec<usize> = (begin.min(end) + 1..begin.max(end)).collect();
        if end < begin {
            between.reverse();
        }
        let mut last = from;
        let chain: Vec<usize> = between
            .into_iter()
            .map(|column| {
                slots.push(slot(&(column, PASSING)));
                let next = slots.len() - 1;
                link(&mut slots, last, next);
                last = next;
                next
            })
            .collect();
        link(&mut slots, last, to);
        chains.push(chain);
    }
    let order = ordered(&slots);
    let mut y = settled(&slots, &order);
    let top = (0..slots.len()).map(|at| y[at] - slots[at].height / 2.0).fold(f64::INFINITY, f64::min);
    y.iter_mut().for_each(|y| *y -= top);
    let bottom = (0..slots.len()).map(|at| y[at] + slots[at].height / 2.0).fold(0.0, f64::max);
    let pass = |chain: Vec<usize>| chain.into_iter().map(|at| (slots[at].column, y[at])).collect();
    Heights { passes: chains.into_iter().map(pass).collect(), boxes: y[..boxes.len()].to_vec(), bottom }
}

fn link(slots: &mut [Slot], a: usize, b: usize) {
    let (left, right) = if slots[a].column < slots[b].column { (a, b) } else { (b, a) };
    slots[left].right.push(right);
    slots[right].left.push(left);
}

/// The slots of each column from top to bottom: the best order of all sweeps.
fn ordered(slots: &[Slot]) -> Vec<Vec<usize>> {
    let count = slots.iter().map(|slot| slot.column + 1).max().unwrap_or(0);
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    (0..slots.len()).for_each(|at| order[slots[at].column].push(at));
    let mut best = (crossings(slots, &order), order.clone());
    for sweep in 0..SWEEPS {
        let to_the_right = sweep % 2 == 0;
        let mut place = places(slots.len(), &order);
        for step in 0..count {
            let column = if to_the_right { step } else { count - 1 - step };
            let neighbours = |at: usize| if to_the_right { &slots[at].left } else { &slots[at].right };
            let wish =
                |at: usize| mean(neighbours(at).iter().map(|&other| place[other] as f64)).unwrap_or(place[at] as f64);
            order[column].sort_by(|&a, &b| wish(a).total_cmp(&wish(b)));
            order[column].iter().enumerate().for_each(|(position, &at)| place[at] = position);
        }
        let crossed = crossings(slots, &order);
        if crossed < best.0 {
            best = (crossed, order.clone());
        }
    }
    // What has no line stands below what has.
    best.1
        .iter_mut()
        .for_each(|column| column.sort_by_key(|&at| slots[at].left.is_empty() && slots[at].right.is_empty()));
    best.1
}

fn places(count: usize, order: &[Vec<usize>]) -> Vec<usize> {
    let mut places = vec![0; count];
    order.iter().for_each(|column| column.iter().enumerate().for_each(|(place, &at)| places[at] = place));
    places
}

/// How many pairs of lines cross.
fn crossings(slots: &[Slot], order: &[Vec<usize>]) -> usize {
    let place = places(slots.len(), order);
    let crossed = |column: &Vec<usize>| {
        let lines: Vec<(usize, usize)> =
            column.iter().flat_map(|&at| slots[at].right.iter().map(move |&to| (at, to))).collect();
        let lines: Vec<(usize, usize)> = lines.iter().map(|&(a, b)| (place[a], place[b])).collect();
        let cross = |(at, a): (usize, &(usize, usize))| {
            lines[..at].iter().filter(|b| (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1)).count()
        };
        lines.iter().enumerate().map(cross).sum::<usize>()
    };
    order.iter().map(crossed).sum()
}

/// The middle of each slot from the top: near its neighbours, in its order, without touching the next.
fn settled(slots: &[Slot], order: &[Vec<usize>]) -> Vec<f64> {
    let mut y = vec![0.0; slots.len()];
    for column in order {
        let heights: Vec<f64> = column.iter().map(|&at| slots[at].height).collect();
        let stacked = kept_apart(&vec![0.0; column.len()], &heights);
        column.iter().zip(stacked).for_each(|(&at, place)| y[at] = place);
    }
    let (chain_of, chains) = chains(slots, order);
    for round in 0..ROUNDS {
        let middle = mean(y.iter().copied()).unwrap_or(0.0);
        // At first a chain follows what pulls at its boxes; in the end it only becomes straight.
        let own = if round + STRAIGHTENING < ROUNDS { 4.0 } else { 0.0 };
        let of_chains: Vec<f64> =
            chains.iter().map(|chain| mean(chain.iter().map(|&at| y[at])).unwrap_or(middle)).collect();
        for step in 0..order.len() {
            let column = &order[if round % 2 == 0 { step } else { order.len() - 1 - step }];
            let wish = |&at: &usize| {
                let chain = chain_of[at];
                let near = mean(slots[at].left.iter().chain(&slots[at].right).map(|&other| y[other]));
                match near {
                    None => middle,
                    Some(near) if chains[chain].len() == 1 => near,
                    Some(near) => (own * near + of_chains[chain]) / (own + 1.0),
                }
            };
            let wishes: Vec<f64> = column.iter().map(wish).collect();
            let heights: Vec<f64> = column.iter().map(|&at| slots[at].height).collect();
            let places = kept_apart(&wishes, &heights);
            column.iter().zip(places).for_each(|(&at, place)| y[at] = place);
        }
    }
    y
}

/// Chains that are to be straight, and the one that each slot belongs to: a slot goes on with the neighbour behind which most
/// follows, if that one has nothing longer before it.
fn chains(slots: &[Slot], order: &[Vec<usize>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let (mut before, mut behind) = (vec![1.0; slots.len()], vec![1.0; slots.len()]);
    for &at in order.iter().flatten() {
        before[at] += slots[at].left.iter().map(|&other| before[other]).sum::<f64>();
    }
    for &at in order.iter().rev().flatten() {
        behind[at] += slots[at].right.iter().map(|&other| behind[other]).sum::<f64>();
    }
    let most =
        |of: &[usize], size: &[f64]| of.iter().copied().max_by(|&a, &b| size[a].total_cmp(&size[b]).then(b.cmp(&a)));
    let mut chain_of = vec![0; slots.len()];
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for &at in order.iter().flatten() {
        let last = most(&slots[at].left, &before).filter(|&last| most(&slots[last].right, &behind) == Some(at));
        chain_of[at] = last.map_or(chains.len(), |last| chain_of[last]);
        match chains.get_mut(chain_of[at]) {
            Some(chain) => chain.push(at),
            None => chains.push(vec![at]),
        }
    }
    (chain_of, chains)
}

/// The places nearest to the wishes, by the sum of squares, that keep the order and the room between boxes.
fn kept_apart(wishes: &[f64], heights: &[f64]) -> Vec<f64> {
    // Without the room that those above need, places only have to grow: pools of equal places are merged until they do.
    let mut room = 0.0;
    let mut rooms = Vec::with_capacity(wishes.len());
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (at, wish) in wishes.iter().enumerate() {
        if at > 0 {
            room += (heights[at - 1] + heights[at]) / 2.0 + BETWEEN;
        }
        rooms.push(room);
        let mut pool = (wish - room, 1);
        while let Some(above) = pools.pop_if(|above| above.0 / above.1 as f64 > pool.0 / pool.1 as f64) {
            pool = (pool.0 + above.0, pool.1 + above.1);
        }
        pools.push(pool);
    }
    let places = pools.iter().flat_map(|&(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    places.zip(rooms).map(|(place, room)| place + room).collect()
}

fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0), |(sum, count), number| (sum + number, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_a_column_never_touch() {
        let boxes: Vec<(usize, f64)> = (0..24).map(|at| (at % 4, 20.0 + (at * 7 % 5) as f64)).collect();
        let edges: Vec<(usize, usize)> = (0..24)
            .flat_map(|a| [(a, (a * 5 + 1) % 24), (a, (a * 11 + 3) % 24)])
            .filter(|(a, b)| a % 4 != b % 4)
            .collect();
        let placed = place(&boxes, &edges);
        for a in 0..24 {
            for b in (0..a).filter(|b| boxes[a].0 == boxes[*b].0) {
                let apart = (placed.boxes[a] - placed.boxes[b]).abs();
                assert!(apart >= (boxes[a].1 + boxes[b].1) / 2.0 + BETWEEN - 1e-6, "{a} and {b}");
            }
            assert!(placed.boxes[a] >= 0.0 && placed.boxes[a] <= placed.bottom);
        }
    }

    #[test]
    fn lines_that_need_not_cross_do_not_cross() {
        // Two chains whose boxes are given in turn the other way round.
        let boxes = [(0, 10.0), (0, 10.0), (1, 10.0), (1, 10.0), (2, 10.0), (2, 10.0)];
        let placed = place(&boxes, &[(0, 3), (1, 2), (3, 4), (2, 5)]);
        let above = |a: usize, b: usize| placed.boxes[a] < placed.boxes[b];
        assert!(above(0, 1) == above(3, 2) && above(3, 2) == above(4, 5));
    }

    #[test]
    fn a_line_passes_beside_the_boxes_between_its_ends() {
        let placed = place(&[(0, 30.0), (1, 30.0), (2, 30.0)], &[(0, 1), (1, 2), (0, 2)]);
        let [(column, at)] = placed.passes[2][..] else { panic!("one column is passed") };
        assert_eq!(column, 1);
        assert!((at - placed.boxes[1]).abs() >= 15.0 + PASSING / 2.0 + BETWEEN - 1e-6);
    }

    #[test]
    fn wishes_are_kept_where_they_can_be() {
        assert_eq!(kept_apart(&[0.0, 100.0], &[10.0, 10.0]), [0.0, 100.0]);
        assert_eq!(kept_apart(&[50.0, 50.0], &[10.0, 10.0]), [37.0, 63.0]);
    }
}
