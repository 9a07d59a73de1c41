//! The mistakes that are planted, and the tests that have to notice them.

/// A mistake: a file under `crates/clione/src`, a text that is in it once, and what stands there instead.
pub(super) struct Mutant {
    pub what: &'static str,
    pub file: &'static str,
    pub text: &'static str,
    pub instead: &'static str,
}

/// Tests of the library: the program they are in as cargo calls it, and a part of their names.
pub(super) type Tests = (&'static [&'static str], &'static str);

/// A program of tests that are in `tests/engine`, and that of the tests beside the code.
const ENGINE: &[&str] = &["--test", "engine"];
const LIBRARY: &[&str] = &["--lib"];

/// The tests that have to notice a mistake in some folders; the fast ones first, for nothing runs after the first that fails.
pub(super) const TESTS: &[(&[&str], &[Tests])] = &[
    (
        &["train/"],
        &[
            (ENGINE, "sessions::"),
            (ENGINE, "finite::"),
            (LIBRARY, "train::"),
            (ENGINE, "measures::"),
            (ENGINE, "weighted::"),
        ],
    ),
    (&["data/"], &[(LIBRARY, "data::"), (&["--test", "preprocessing"], "")]),
    (
        &["graph/", "nn/", "optim/", "plan/", "cpu/"],
        &[
            (ENGINE, "gradients::"),
            (ENGINE, "golden::"),
            (ENGINE, "kernels::"),
            (LIBRARY, "cpu::"),
            (LIBRARY, "optim::"),
            (LIBRARY, "train::predict::"),
        ],
    ),
];

const fn mutant(what: &'static str, file: &'static str, text: &'static str, instead: &'static str) -> Mutant {
    Mutant { what, file, text, instead }
}

pub(super) const MUTANTS: &[Mutant] = &[
    // The chain rule.
    mutant(
        "a difference passes its gradient on with the wrong sign",
        "graph/vjp.rs",
        "(b, g.scale(dy, -1.0))",
        "(b, dy)",
    ),
    mutant(
        "the transposes of a product's gradients are swapped",
        "graph/vjp.rs",
        "(g.transpose(a)?, g.transpose(b)?)",
        "(g.transpose(b)?, g.transpose(a)?)",
    ),
    mutant(
        "a product's gradient is counted twice",
        "graph/vjp.rs",
        "vec![(a, g.matmul(dy, b_transposed)?),",
        "vec![(a, g.matmul(dy, b_transposed)?), (a, g.matmul(dy, b_transposed)?),",
    ),
    mutant(
        "a factor gets its own value as slope, not the other's",
        "graph/vjp.rs",
        "(b, g.mul(dy, a)?)",
        "(b, g.mul(dy, b)?)",
    ),
    mutant("scaling is forgotten on the way back", "graph/vjp.rs", "vec![(x, g.scale(dy, c))]", "vec![(x, dy)]"),
    mutant("a square's slope lacks its factor 2", "graph/vjp.rs", "g.scale(x, 2.0)", "g.scale(x, 1.0)"),
    mutant("the slope of |x| is |x|", "graph/vjp.rs", "let slope = g.sign(x);", "let slope = g.abs(x);"),
    mutant(
        "huber's slope is held at twice the delta",
        "graph/vjp.rs",
        "g.clamp(x, delta)?",
        "g.clamp(x, 2.0 * delta)?",
    ),
    mutant(
        "softmax forgets that raising one probability lowers the others",
        "graph/vjp.rs",
        "g.mul(y, centred)?",
        "g.mul(y, dy)?",
    ),
    mutant(
        "softmax with cross-entropy climbs instead of descending",
        "graph/vjp.rs",
        "g.sub(probabilities, t)?",
        "g.sub(t, probabilities)?",
    ),
    mutant(
        "sigmoid with cross-entropy ignores the target",
        "graph/vjp.rs",
        "let difference = g.sub(probability, t)?;",
        "let (difference, _) = (probability, t);",
    ),
    mutant(
        "the gradient of a bias is left out",
        "graph/vjp.rs",
        "Op::Broadcast(x, _) => vec![(x, g.sum_to(dy, g.shape(x))?)],",
        "Op::Broadcast(..) => vec![],",
    ),
    mutant(
        "the second part of a concatenation gets the gradient of the first",
        "graph/vjp.rs",
        "(b, g.slice(dy, left, right)?)",
        "(b, g.slice(dy, 0, right)?)",
    ),
    mutant(
        "the gradient of a slice lands in the first columns",
        "graph/vjp.rs",
        "g.pad(dy, start, g.shape(of).columns())?",
        "g.pad(dy, 0, g.shape(of).columns())?",
    ),
    mutant(
        "a gradient is overwritten instead of summed",
        "graph/backward.rs",
        "Some(sum) => graph.add(sum, dx)?,",
        "Some(_) => dx,",
    ),
    // Formulas.
    mutant("sigmoid's slope has a wrong sign", "graph/activation.rs", "|y| y * (T::ONE - y);", "|y| y * (T::ONE + y);"),
    mutant("tanh's slope lacks its square", "graph/activation.rs", "|y| T::ONE - y * y;", "|y| T::ONE - y;"),
    mutant("silu's slope lacks a factor", "graph/activation.rs", "s * (T::ONE + x * (T::ONE - s))", "s * (T::ONE + x)"),
    mutant(
        "gelu's slope lacks the density",
        "graph/activation.rs",
        "|x| normal_distribution(x) + x * normal_density(x);",
        "|x| normal_distribution(x);",
    ),
    mutant("huber's parabola is twice as steep", "graph/formula.rs", "c * (x - T::of(0.5) * c)", "c * x"),
    mutant(
        "a mean is a sum",
        "nn/loss.rs",
        "graph.scale(sum, 1.0 / count as f64)",
        "graph.scale(sum, 1.0_f64.min(count as f64))",
    ),
    mutant(
        "a dense layer leaves its bias out",
        "nn/layers/dense.rs",
        "sums = scope.graph.add_bias(sums, bias)?;",
        "let _ = bias;",
    ),
    // Optimizers and schedules.
    mutant(
        "adam does not correct the bias of its second mean",
        "optim/optimizer.rs",
        "root_scale: T::of(1.0 / (1.0 - power(beta2, step)).sqrt()),",
        "root_scale: T::ONE,",
    ),
    mutant("nesterov and plain momentum are swapped", "optim/optimizer.rs", "if nesterov {", "if !nesterov {"),
    mutant(
        "rmsprop adds epsilon inside the root",
        "optim/optimizer.rs",
        "(square.sqrt() + epsilon)",
        "((square + epsilon).sqrt())",
    ),
    mutant(
        "weight decay of adamw is left out",
        "optim/optimizer.rs",
        "keep_weight: T::of(1.0 - learning_rate * weight_decay),",
        "keep_weight: T::of(1.0 - 0.0 * weight_decay),",
    ),
    mutant(
        "clipping makes small gradients large",
        "optim/clip.rs",
        "(limit / (norm + 1e-6)).min(1.0)",
        "limit / (norm + 1e-6)",
    ),
    mutant(
        "the warm-up begins with a rate of 0",
        "optim/schedule.rs",
        "(step + 1) as f64 / steps as f64",
        "step as f64 / steps as f64",
    ),
    // The plan.
    mutant(
        "a transposed operand is read as it lies",
        "plan/fuse.rs",
        "=> (self.memory(original), true),",
        "=> (self.memory(original), false),",
    ),
    mutant(
        "a product is not kept for those who read it besides its epilogue",
        "plan/fuse.rs",
        "let output = if kept { product } else { id };",
        "let output = if kept && false { product } else { id };",
    ),
    mutant(
        "memory is given away one step too early",
        "plan/lifetime.rs",
        "lifetime.last = Some(at);",
        "lifetime.last = lifetime.first.max(at.checked_sub(1));",
    ),
    // The kernels.
    mutant(
        "the sum of a softmax leaves out the first number behind the last whole vector",
        "cpu/kernels/softmax.rs",
        "for (lane, &y) in lanes.iter_mut().zip(rest) {",
        "for (lane, &y) in lanes.iter_mut().zip(rest).skip(1) {",
    ),
    mutant(
        "a sum leaves out the first number behind the last whole vector",
        "cpu/kernels/reduce.rs",
        "in lanes.iter_mut().zip(rest) {",
        "in lanes.iter_mut().zip(rest).skip(1) {",
    ),
    mutant("only the last 64 rows count in the sum of rows", "cpu/kernels/reduce.rs", "*to = *to + sum;", "*to = sum;"),
    mutant(
        "the last number of a block is not written",
        "cpu/kernels/elementwise.rs",
        "for ((&x, &y), out) in x.iter().zip(y).zip(out) {",
        "let last = out.len() - 1;\n    for ((&x, &y), out) in x.iter().zip(y).zip(&mut out[..last]) {",
    ),
    mutant(
        "a repeated column is the first row's number everywhere",
        "cpu/kernels/elementwise.rs",
        "*start.wrapping_add(first / self.program.columns)",
        "*start",
    ),
    mutant(
        "a part of a row finds no bias written out",
        "cpu/kernels/elementwise.rs",
        "for row in 0..length.div_ceil(columns) {",
        "for row in 0..length / columns {",
    ),
    mutant(
        "an epilogue skips the last row",
        "cpu/executor.rs",
        "let (accumulator, length) = (values.as_mut_ptr().cast_const(), values.len());",
        "let (accumulator, length) =\n            (values.as_mut_ptr().cast_const(), values.len().saturating_sub(self.program.columns));",
    ),
    mutant(
        "what dropout keeps is not scaled up",
        "cpu/kernels/mask.rs",
        "let kept = T::of(1.0 / (1.0 - self.rate));",
        "let kept = T::of(1.0_f64.max(self.rate));",
    ),
    mutant(
        "predictions go on with weights that were packed before the parameters changed",
        "cpu/executor.rs",
        "is_none_or(|packed| packed.version != *version)",
        "is_none_or(|packed| packed.version != *version && packed.ranges.is_empty())",
    ),
    mutant(
        "a memory that counts as 0 is one that is not small",
        "optim/optimizer.rs",
        "(T::of(smallest) - value.abs()).if_positive(T::ZERO, value)",
        "(value.abs() - T::of(smallest)).if_positive(T::ZERO, value)",
    ),
    mutant(
        "the last share of a step is computed by nobody",
        "cpu/executor.rs",
        "cpu.threads.run(parts, ",
        "cpu.threads.run(parts - 1, ",
    ),
    // Training.
    mutant(
        "a loss that is higher by less than min_delta counts as better",
        "train/stopping.rs",
        "lowest - rule.min_delta",
        "lowest + rule.min_delta",
    ),
    mutant(
        "the plateau watches the training loss",
        "train/session.rs",
        "self.plateau.after(self.fit.schedule, validation_loss.unwrap_or(self.epoch_loss));",
        "self.plateau.after(self.fit.schedule, self.epoch_loss);",
    ),
    mutant(
        "the last rows that are measured weigh as much as a whole batch",
        "train/evaluate.rs",
        "self.loss.weight(count, data.rows())",
        "self.loss.weight(self.batch.min(data.rows()), data.rows())",
    ),
    mutant(
        "the last batch of an epoch weighs as much as a whole one",
        "train/session.rs",
        "self.loss.weight(rows.len(), total)",
        "self.loss.weight(self.batch_size, total)",
    ),
    mutant(
        "a second input is fed the columns of the first",
        "train/batch.rs",
        "&row[start..start + width]",
        "&row[..width]",
    ),
    mutant(
        "clipping by value is ignored",
        "train/trainer.rs",
        "Clip::Value(limit) => (1.0, limit),",
        "Clip::Value(limit) => (1.0, limit + f64::INFINITY),",
    ),
    mutant(
        "models that are not finite are accepted",
        "train/file/mod.rs",
        "match not_finite {",
        "match not_finite.filter(|_| false) {",
    ),
    mutant(
        "parameters that are not finite after the last step of an epoch are trained on",
        "train/session.rs",
        "if let Some(spec) = self.model.first_not_finite() {",
        "if let Some(spec) = self.model.first_not_finite().filter(|_| false) {",
    ),
    mutant(
        "a run that diverged keeps the parameters that diverged",
        "train/session.rs",
        "self.model.parameters_mut().copy_from_slice(&self.last_good);",
        "let _ = &self.last_good;",
    ),
    mutant(
        "rows come in the same order in every epoch",
        "train/session.rs",
        "stream(Purpose::Shuffle, self.epoch as u32, 0)",
        "stream(Purpose::Shuffle, 0, 0)",
    ),
    mutant(
        "the first rows alone are predicted",
        "train/predict.rs",
        "show(executor.output(0))?;",
        "if rows[0] == 0 {\n                show(executor.output(0))?;\n            }",
    ),
    mutant(
        "balanced weights forget how many classes there are",
        "train/class_weights.rs",
        "numbers.len() as f64 / (classes * rows) as f64",
        "numbers.len() as f64 / (classes.min(1) * rows) as f64",
    ),
    mutant(
        "the interval of a mean takes folds for independent",
        "train/interval.rs",
        "(1.0 / values.len() as f64 + test_to_training)",
        "(1.0 / values.len() as f64 + 0.0 * test_to_training)",
    ),
    mutant(
        "a checksum that does not match is accepted",
        "train/file/container.rs",
        "if expected_checksum != checksum_of(&file, &text) &&",
        "if expected_checksum.len() != checksum_of(&file, &text).len() &&",
    ),
    mutant(
        "a damaged checkpoint takes the place of the one before it",
        "train/file/checkpoint_file.rs",
        "is_newest_whole: found.warning.is_none(),",
        "is_newest_whole: true,",
    ),
    mutant(
        "a recording says twice that its run has ended",
        "train/file/recording_file.rs",
        "if self.ending == Some(ending) {",
        "if self.ending == Some(ending) && self.length == 0 {",
    ),
    mutant(
        "a recording that was killed before it was thinned out stays as it is",
        "train/recording.rs",
        "                recorder.thin_out()?;\n                Ok(recorder)",
        "                let _ = &mut recorder;\n                Ok(recorder)",
    ),
    mutant(
        "a file that is replaced has the permissions of a new one",
        "train/file/disk.rs",
        "let _ = take_after(&file, &old);",
        "let _ = old;",
    ),
    // Data.
    mutant(
        "a standard deviation is one of a sample",
        "data/preprocess/scale.rs",
        "(squares / values.len() as f64)",
        "(squares / (values.len() as f64 - 1.0))",
    ),
    mutant(
        "the middle of a column is one of its values",
        "data/preprocess/scale.rs",
        "quantile(&[low, high], 0.5)",
        "quantile(&[low, high], 0.0)",
    ),
    mutant(
        "of equally frequent values the greatest is taken",
        "data/preprocess/scale.rs",
        "runs.rev().max_by_key",
        "runs.max_by_key",
    ),
    mutant(
        "the last row of an epoch is left out",
        "data/batches.rs",
        "order.chunks(batch_size)",
        "order[..order.len().max(1) - 1].chunks(batch_size)",
    ),
    mutant(
        "a class of one row is held back",
        "data/split.rs",
        "if size > 1 { (least, size - least) } else { (0, 0) }",
        "if size > 1 { (least, size - least) } else { (1, 1) }",
    ),
    mutant(
        "folds share a row",
        "data/split.rs",
        "(0..count as u32).filter(is_kept)",
        "(0..count as u32).filter(|row| is_kept(row) || *row == 0)",
    ),
    mutant(
        "a rare category is one of its own",
        "data/preprocess/column.rs",
        "is_some_and(|&count| count >= rare)",
        "is_some_and(|&count| count + rare > 0)",
    ),
    mutant(
        "the last number of a row is taken for the first",
        "data/dataset.rs",
        "out[numbers[row as usize] as usize] = T::ONE;",
        "out[0] = T::ONE;",
    ),
];

/// The tests for a mistake in this file.
pub(super) fn tests_for(file: &str) -> &'static [Tests] {
    let folder = TESTS.iter().find(|(folders, _)| folders.iter().any(|folder| file.starts_with(folder)));
    folder.map_or(&[], |(_, tests)| tests)
}
