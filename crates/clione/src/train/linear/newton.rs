//! Newton's method: to the lowest point of the parabola that fits the function here, again and again.

use super::objective::Objective;

/// Moves `x` to where the gradient is at most `tolerance`, in at most `steps` steps; false where it does not get there.
///
/// A step δ solves H·δ = -g; it is halved until the value falls by 1e-4 of what its slope promises.
pub(super) fn newton(objective: &Objective, x: &mut [f64], tolerance: f64, steps: usize) -> bool {
    let mut gradient = vec![0.0; x.len()];
    let mut value = objective.value(x, &mut gradient);
    for _ in 0..steps {
        let mut step: Vec<f64> = gradient.iter().map(|g| -g).collect();
        if !solve(&mut objective.curvature(x), &mut step) {
            return false;
        }
        let slope: f64 = step.iter().zip(&gradient).map(|(step, g)| step * g).sum();
        let mut trial_gradient = vec![0.0; x.len()];
        let lower = (0..30).map(|halvings| 0.5_f64.powi(halvings)).find_map(|length| {
            let trial: Vec<f64> = x.iter().zip(&step).map(|(x, step)| x + length * step).collect();
            let trial_value = objective.value(&trial, &mut trial_gradient);
            // Where rounding hides the fall, the gradient decides.
            let is_flat = trial_gradient.iter().all(|g| g.abs() <= tolerance);
            (trial_value <= value + 1e-4 * length * slope || is_flat).then_some((trial, trial_value))
        });
        let Some((trial, trial_value)) = lower else { return false };
        let last_value = value;
        (value, gradient) = (trial_value, trial_gradient);
        x.copy_from_slice(&trial);
        // One more step than needed costs little, and doubles the number of right digits.
        if gradient.iter().all(|g| g.abs() <= tolerance) && last_value - value <= 1e-9 * value.abs() {
            return true;
        }
    }
    false
}

/// Solves A·x = b for a symmetric positive definite A, which is overwritten, as b is by x: A = L·Lᵀ (Cholesky).
/// False where A is not positive definite.
fn solve(a: &mut [f64], b: &mut [f64]) -> bool {
    let n = b.len();
    for i in 0..n {
        let (above, row_and_below) = a.split_at_mut(i * n);
        let row = &mut row_and_below[..n];
        for j in 0..i {
            let other = &above[j * n..=j * n + j];
            let sum: f64 = row[..j].iter().zip(other).map(|(l, m)| l * m).sum();
            row[j] = (row[j] - sum) / other[j];
        }
        let rest = row[i] - row[..i].iter().map(|l| l * l).sum::<f64>();
        // Not above 0, or not a number.
        if rest.is_nan() || rest <= 0.0 {
            return false;
        }
        row[i] = rest.sqrt();
    }
    for i in 0..n {
        let sum: f64 = a[i * n..i * n + i].iter().zip(&b[..i]).map(|(l, y)| l * y).sum();
        b[i] = (b[i] - sum) / a[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|j| a[j * n + i] * b[j]).sum();
        b[i] = (b[i] - sum) / a[i * n + i];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved_and_those_without_one_solution_refused() {
        let mut b = [2.0, 17.0, 8.0];
        // A = L·Lᵀ for L = [2, 0, 0], [-1, 3, 0], [0.5, 1, 1] and x = (1, 2, -1), but for the last equation.
        let mut a = [4.0, -2.0, 1.0, -2.0, 10.0, 2.5, 1.0, 2.5, 2.25];
        let x = [1.0, 2.0, -1.0];
        for i in 0..3 {
            b[i] = (0..3).map(|j| a[i * 3 + j] * x[j]).sum();
        }
        assert!(solve(&mut a, &mut b));
        assert!(b.iter().zip(x).all(|(found, x)| (found - x).abs() < 1e-14), "{b:?}");
        assert!(!solve(&mut [1.0, 2.0, 2.0, 1.0], &mut [1.0, 1.0]));
        assert!(!solve(&mut [f64::NAN], &mut [1.0]));
    }
}
