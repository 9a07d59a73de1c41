//! A plan read aloud: its steps with what they compute and move, and its memory with who lives there when.

use super::text::{Align, Table};
use crate::data::findings::{counted, grouped};
use crate::plan::{Buffer, Plan};

/// The most letters of a row of the picture of the memory: a table has no wider cells.
const MOST_CELLS: usize = 60;

/// The widest line that the picture makes, however narrow the terminal is.
const WIDEST: usize = 100;

/// The most letters of a label: longer ones keep their end, where the operation is.
const LABEL: usize = 32;

/// One line about a plan; `bytes` is the size of one number: 4 for f32, 8 for f64.
///
/// ```
/// use clione::prelude::*;
/// use clione::plan::{Plan, Request};
/// let built = Network::new([3]).add(Dense::new(4).without_bias()).build(2)?;
/// let plan = Plan::new(&built.graph, &Request { outputs: built.outputs, ..Request::default() });
/// assert_eq!(
///     clione::report::plan::line(&plan, 4),
///     "1 step, 48 operations, 104 bytes moved (0.46 operations a byte), 128 bytes of memory"
/// );
/// # Ok::<(), Error>(())
/// ```
pub fn line(plan: &Plan, bytes: usize) -> String {
    format!("{}, {} of memory", costs(plan, bytes), counted(plan.arena_length * bytes, "byte"))
}

fn costs(plan: &Plan, bytes: usize) -> String {
    let (read, written) = plan.traffic();
    let moved = (read + written) * bytes;
    format!(
        "{}, {}, {} moved ({} operations a byte)",
        counted(plan.steps.len(), "step"),
        counted(plan.operations(), "operation"),
        counted(moved, "byte"),
        intensity(plan.operations(), moved)
    )
}

/// The plan in full: a line and its words for each step, then the arena with a row for each value and a column for each
/// step, as far as that has room. `bytes` is the size of one number; the picture becomes narrower for lines of `width` letters.
pub fn text(plan: &Plan, bytes: usize, width: usize) -> String {
    let parameters = counted(plan.parameters_length * bytes, "byte");
    let gradients = match plan.gradients_length * bytes {
        0 => String::new(),
        length => format!(", and {} of gradients", counted(length, "byte")),
    };
    format!(
        "{}\n\n{}\n{}\n{parameters} of parameters{gradients} lie beside it\n",
        costs(plan, bytes),
        steps(plan, bytes),
        memory(plan, bytes, width)
    )
}

fn steps(plan: &Plan, bytes: usize) -> String {
    let mut table = Table::new(&[
        ("step", Align::Right),
        ("computes", Align::Left),
        ("operations", Align::Right),
        ("bytes read", Align::Right),
        ("written", Align::Right),
        ("ops/byte", Align::Right),
    ]);
    let numbers = |operations: usize, (read, written): (usize, usize)| {
        let moved = (read + written) * bytes;
        [grouped(operations), grouped(read * bytes), grouped(written * bytes), intensity(operations, moved)]
    };
    for (number, (step, label)) in plan.steps.iter().zip(&plan.labels).enumerate() {
        let costs = numbers(step.operations(), step.traffic());
        table.row([(number + 1).to_string(), short_label(label)].into_iter().chain(costs));
    }
    let all = numbers(plan.operations(), plan.traffic());
    table.row([String::new(), "in all".to_owned()].into_iter().chain(all));
    // What a step does is as long as it is, so it has a line of its own below the numbers.
    let table = table.text();
    let mut lines = table.lines();
    let mut text: String = lines.next().map_or(String::new(), |heading| format!("{heading}\n"));
    for (step, line) in plan.steps.iter().zip(lines.by_ref()) {
        text.push_str(&format!("{line}\n        {}\n", step.description()));
    }
    lines.for_each(|line| text.push_str(&format!("{line}\n")));
    text
}

fn memory(plan: &Plan, bytes: usize, width: usize) -> String {
    let live = plan.live();
    let fullest = (0..plan.steps.len()).max_by_key(|&step| (live[step], std::cmp::Reverse(step)));
    let heading = format!(
        "{} share {} of memory{}\n",
        counted(plan.buffers.len(), "value"),
        counted(plan.arena_length * bytes, "byte"),
        fullest.map_or(String::new(), |step| {
            format!("; most are in use in step {}: {}", step + 1, counted(live[step] * bytes, "byte"))
        })
    );
    let mut buffers: Vec<&Buffer> = plan.buffers.iter().collect();
    buffers.sort_by_key(|buffer| (buffer.offset, buffer.first_step.map_or(0, |step| step + 1)));
    let plain = table(&buffers, bytes, None);
    let widest = plain.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let fits = |cell: usize, width: usize| {
        let picture = cell * plan.steps.len();
        picture <= MOST_CELLS && widest + 2 + picture <= width
    };
    match [(2, width), (1, WIDEST)].into_iter().find(|&(cell, width)| fits(cell, width)).map(|(cell, _)| cell) {
        Some(cell) => heading + &table(&buffers, bytes, Some((cell, plan.steps.len()))),
        None => heading + &plain,
    }
}

/// A row for each value; with a picture of so many letters for each of so many steps.
fn table(buffers: &[&Buffer], bytes: usize, picture: Option<(usize, usize)>) -> String {
    let ruler = picture.map(|(cell, steps)| ruler(cell, steps));
    let mut columns = vec![
        ("value", Align::Left),
        ("bytes", Align::Right),
        ("at", Align::Right),
        ("from", Align::Right),
        ("to", Align::Right),
    ];
    columns.extend(ruler.as_deref().map(|ruler| (ruler, Align::Left)));
    let mut table = Table::new(&columns);
    for buffer in buffers {
        let from = buffer.first_step.map_or("start".to_owned(), |step| (step + 1).to_string());
        let to = buffer.last_step.map_or("end".to_owned(), |step| (step + 1).to_string());
        let (length, offset) = (grouped(buffer.length * bytes), grouped(buffer.offset * bytes));
        let lives = |(cell, steps): (usize, usize)| -> String {
            (0..steps).map(|step| if buffer.lives_at(step) { "█" } else { "·" }.repeat(cell)).collect()
        };
        table.row([short_label(&buffer.label), length, offset, from, to].into_iter().chain(picture.map(lives)));
    }
    table.text()
}

/// The numbers of some steps, each above its column.
fn ruler(cell: usize, steps: usize) -> String {
    let mut ruler = String::new();
    for step in (1..=steps).filter(|&step| step == 1 || step % 5 == 0) {
        let place = (step - 1) * cell;
        let number = step.to_string();
        if place + number.len() <= cell * steps && (ruler.is_empty() || place > ruler.len()) {
            ruler.extend(std::iter::repeat_n(' ', place - ruler.len()));
            ruler.push_str(&number);
        }
    }
    ruler
}

/// Operations for each byte that is moved: few mean that memory is waited for.
fn intensity(operations: usize, bytes: usize) -> String {
    format!("{:.2}", operations as f64 / bytes.max(1) as f64)
}

fn short_label(label: &str) -> String {
    let length = label.chars().count();
    if length <= LABEL {
        label.to_owned()
    } else {
        format!("…{}", label.chars().skip(length + 1 - LABEL).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;
    use crate::nn::layers::{Dense, Dropout, Softmax};
    use crate::nn::loss::Loss;
    use crate::nn::network::Network;
    use crate::plan::Request;
    use crate::plan::step::Action;
    use crate::train::article::LOSS;
    use crate::train::trainer::training_plan;

    fn some() -> Vec<Plan> {
        let classes = Network::new([5]).add(Dense::new(7).activation(Activation::Gelu)).add(Dropout::new(0.5));
        let classes = classes.add(Dense::new(3)).add(Softmax);
        let number = Network::new([4]).add(Dense::new(1));
        let step = |network: &Network, loss| training_plan(network, &[loss], false, 6).unwrap();
        let built = classes.build(1).unwrap();
        let prediction = Plan::new(&built.graph, &Request { outputs: built.outputs, ..Request::default() });
        vec![prediction, step(&classes, Loss::MeanSquaredError), step(&number, Loss::MeanAbsoluteError)]
    }

    #[test]
    fn values_that_live_together_find_room() {
        for plan in some() {
            let lives_at = |step: usize| plan.buffers.iter().filter(move |buffer| buffer.lives_at(step));
            let live: Vec<usize> =
                (0..plan.steps.len()).map(|step| lives_at(step).map(|buffer| buffer.length).sum()).collect();
            assert_eq!(live, plan.live());
            assert!(live.iter().all(|&live| live <= plan.arena_length));
            for (number, a) in plan.buffers.iter().enumerate() {
                assert!(a.offset + a.length <= plan.arena_length);
                for b in &plan.buffers[..number] {
                    let apart = a.offset + a.length <= b.offset || b.offset + b.length <= a.offset;
                    let together = (0..plan.steps.len()).any(|step| a.lives_at(step) && b.lives_at(step));
                    assert!(apart || !together, "{} and {}", a.label, b.label);
                }
            }
        }
    }

    #[test]
    fn sums_add_up_and_a_product_takes_two_operations_a_term() {
        for plan in some() {
            let traffic = plan.steps.iter().map(|step| step.traffic().0 + step.traffic().1).sum::<usize>();
            assert_eq!(traffic, plan.traffic().0 + plan.traffic().1);
            for step in &plan.steps {
                if let Action::MatMul { product: p, epilogue: None, .. } = &step.action {
                    assert_eq!(step.operations(), 2 * p.rows * p.inner * p.columns);
                    assert_eq!(step.traffic(), (p.rows * p.inner + p.inner * p.columns, p.rows * p.columns));
                }
            }
            let told = text(&plan, 8, 80);
            for number in [plan.operations(), plan.traffic().0 * 8, plan.traffic().1 * 8, plan.arena_length * 8] {
                assert!(told.contains(&grouped(number)), "{number} in\n{told}");
            }
        }
    }

    #[test]
    fn every_step_and_value_has_its_line_and_none_is_too_wide() {
        for plan in some() {
            let told = text(&plan, 4, 80);
            for label in plan.labels.iter().chain(plan.buffers.iter().map(|buffer| &buffer.label)) {
                assert!(told.contains(&short_label(label)), "{label} in\n{told}");
            }
            assert!(told.lines().all(|line| line.chars().count() <= WIDEST), "{told}");
        }
    }

    #[test]
    fn the_plan_of_the_article_reads_as_it_always_has() {
        let layer = |units| Dense::new(units).activation(Activation::Sigmoid).without_bias();
        let network = Network::new([3]).add_named("hidden1", layer(4)).add_named("output", layer(1));
        let told = text(&training_plan(&network, &[LOSS], false, 4).unwrap(), 8, 80);
        assert_eq!(told, include_str!("plan/article.txt"), "\n{told}");
    }
}
