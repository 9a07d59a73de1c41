//! Plants one mistake after another in a copy of the library and asks its tests whether they notice.
//!
//! A mistake that they miss is a test that is missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mistake: a file under `crates/clione/src`, a text that is in it once, and what stands there instead.
struct Mutant {
    what: &'static str,
    file: &'static str,
    text: &'static str,
    instead: &'static str,
}

/// The tests that have to notice, by the modules of `tests/engine`; the fast ones first, for nothing runs after the first
/// that fails.
const TESTS: [&str; 3] = ["gradients", "golden", "kernels"];

const fn mutant(what: &'static str, file: &'static str, text: &'static str, instead: &'static str) -> Mutant {
    Mutant { what, file, text, instead }
}

const MUTANTS: &[Mutant] = &[
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
        "(v.sqrt() + epsilon)",
        "((*v + epsilon).sqrt())",
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
        "padded lanes leak into the sum of a softmax",
        "cpu/kernels/softmax.rs",
        "let mut padded = [T::of(f64::NEG_INFINITY); LANES];",
        "let mut padded = [T::ZERO; LANES];",
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
        "cpu/executor.rs",
        "let kept = T::of(1.0 / (1.0 - rate));",
        "let kept = T::of(1.0_f64.max(*rate));",
    ),
    mutant(
        "the last share of a step is computed by nobody",
        "cpu/executor.rs",
        "cpu.threads.run(parts, ",
        "cpu.threads.run(parts - 1, ",
    ),
];

/// Plants every mistake in turn; fails when one is missed, or when its text is not there any more.
pub fn run() -> Result<(), String> {
    let root = root()?;
    let copy = root.join("target/mutants/copy");
    copy_library(&root, &copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    if let Outcome::Caught(test) = try_tests(&copy)? {
        return Err(format!("without any mistake the test `{test}` fails already"));
    }
    let mut missed = 0;
    for mutant in MUTANTS {
        let path = copy.join("crates/clione/src").join(mutant.file);
        let original = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if original.matches(mutant.text).count() != 1 {
            return Err(format!("{}: `{}` is not there once; {}", mutant.file, mutant.text, mutant.what));
        }
        let write = |text: &str| fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
        write(&original.replace(mutant.text, mutant.instead))?;
        let outcome = try_tests(&copy);
        write(&original)?;
        match outcome.map_err(|error| format!("{}: {}: {error}", mutant.file, mutant.what))? {
            Outcome::Caught(test) => println!("caught by {test:<9}  {}: {}", mutant.file, mutant.what),
            Outcome::Missed => {
                missed += 1;
                println!("MISSED               {}: {}", mutant.file, mutant.what);
            }
        }
    }
    println!("{} of {} mistakes caught", MUTANTS.len() - missed, MUTANTS.len());
    if missed == 0 { Ok(()) } else { Err(format!("{missed} mistakes were missed")) }
}

enum Outcome {
    Caught(&'static str),
    Missed,
}

/// Runs the tests until one fails; an error when they do not compile.
fn try_tests(copy: &Path) -> Result<Outcome, String> {
    let engine = ["test", "--package", "clione", "--test", "engine"];
    if !cargo(copy, &[&engine[..], &["--no-run"]].concat())? {
        return Err("this does not compile".to_owned());
    }
    for test in TESTS {
        if !cargo(copy, &[&engine[..], &[&format!("{test}::")]].concat())? {
            return Ok(Outcome::Caught(test));
        }
    }
    Ok(Outcome::Missed)
}

/// Whether cargo succeeds. What compiles fast counts here, not what runs fast.
fn cargo(copy: &Path, arguments: &[&str]) -> Result<bool, String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.with_file_name("build"))
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    Ok(output.status.success())
}

/// The root of the repository.
fn root() -> Result<PathBuf, String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().map(Path::to_path_buf).ok_or_else(|| format!("{} has no parent", own.display()))
}

/// Copies the library with its tests and frozen numbers, as a workspace of its own.
fn copy_library(root: &Path, copy: &Path) -> std::io::Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    copy_folder(&root.join("crates/clione"), &copy.join("crates/clione"))?;
    copy_folder(&root.join("testdata"), &copy.join("testdata"))?;
    fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock"))?;
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let members = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let lines: Vec<&str> = manifest.lines().filter(members).collect();
    fs::write(
        copy.join("Cargo.toml"),
        lines.join("\n").replacen("[workspace]", "[workspace]\nmembers = [\"crates/clione\"]", 1),
    )
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_one_place_to_be_planted_at() {
        let sources = root().expect("the chore runs in its repository").join("crates/clione/src");
        for mutant in MUTANTS {
            let text = fs::read_to_string(sources.join(mutant.file)).expect(mutant.file);
            assert_eq!(text.matches(mutant.text).count(), 1, "{}: {}", mutant.file, mutant.text);
        }
    }
}
