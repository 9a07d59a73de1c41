//! How fast the number of a formula changes with a column: the rules of differentiation, applied to one row.

use super::{Bound, EARTH, Expression, Function, Operator, power};
use crate::base::error::Result;
use crate::base::real::Real;
use crate::base::real::angle::{cos, sin};

/// A number, and how fast it changes.
#[derive(Clone, Copy, Debug)]
struct Moving {
    value: f64,
    slope: f64,
}

impl Bound<'_> {
    /// How fast the number of a row changes, when each column that the formula mentions changes as fast as `slopes` says.
    /// Steps (comparisons, `floor`, parts of dates) are level. None where a value that it needs is missing.
    pub(in crate::data) fn slope_at(&self, row: usize, slopes: &[f64]) -> Result<Option<f64>> {
        Ok(self.moving(&self.formula.root, row, slopes)?.map(|moving| moving.slope))
    }

    fn moving(&self, expression: &Expression, row: usize, slopes: &[f64]) -> Result<Option<Moving>> {
        let Some(value) = self.value(expression, row)? else { return Ok(None) };
        let of = |inner: &Expression| self.moving(inner, row, slopes);
        let slope = match expression {
            Expression::Column(mention) => slopes[*mention],
            Expression::Negative(inner) => of(inner)?.map_or(0.0, |inner| -inner.slope),
            Expression::Both(operator, sides) => match (of(&sides[0])?, of(&sides[1])?) {
                (Some(left), Some(right)) => operator.slope(left, right, value),
                // What one side alone decides is a truth, and level.
                (_, None) | (None, _) => 0.0,
            },
            Expression::Call(function, arguments) => {
                let arguments: Option<Vec<Moving>> = arguments.iter().map(of).collect::<Result<_>>()?;
                arguments.map_or(0.0, |arguments| function.slope(&arguments, value))
            }
            Expression::Number(_) | Expression::Part(..) | Expression::Days(_) => 0.0,
            Expression::IsWord(..) | Expression::Not(_) => 0.0,
        };
        Ok(Some(Moving { value, slope }))
    }
}

impl Operator {
    fn slope(self, left: Moving, right: Moving, value: f64) -> f64 {
        let (a, b) = (left.value, right.value);
        match self {
            Operator::Plus => left.slope + right.slope,
            Operator::Minus => left.slope - right.slope,
            Operator::Times => left.slope * b + a * right.slope,
            Operator::Divided => (left.slope - value * right.slope) / b,
            Operator::Power => {
                // (a^b)' = b a^(b-1) a' + a^b ln(a) b'; what does not move adds nothing, wherever it is.
                let base = if left.slope == 0.0 { 0.0 } else { b * power(a, b - 1.0) * left.slope };
                let exponent = if right.slope == 0.0 { 0.0 } else { value * Real::ln(a) * right.slope };
                base + exponent
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => 0.0,
            Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => 0.0,
        }
    }
}

impl Function {
    fn slope(self, arguments: &[Moving], value: f64) -> f64 {
        let Moving { value: x, slope } = arguments[0];
        match self {
            Function::Abs if x < 0.0 => -slope,
            Function::Abs => slope,
            Function::Sqrt => slope / (2.0 * value),
            Function::Ln => slope / x,
            Function::Exp => value * slope,
            Function::Sin => cos(x) * slope,
            Function::Cos => -sin(x) * slope,
            Function::Floor => 0.0,
            Function::Min | Function::Max => {
                arguments.iter().find(|argument| argument.value == value).map_or(0.0, |argument| argument.slope)
            }
            Function::Distance => distance_slope(arguments),
        }
    }
}

/// With d = 2R arcsin √a: d' = R a' / √(a (1 − a)).
fn distance_slope(arguments: &[Moving]) -> f64 {
    let angle = |place: usize| (arguments[place].value.to_radians(), arguments[place].slope.to_radians());
    let [(lat, lat_slope), (lon, lon_slope), (to_lat, to_lat_slope), (to_lon, to_lon_slope)] = [0, 1, 2, 3].map(angle);
    let (half_lat, half_lon) = ((to_lat - lat) / 2.0, (to_lon - lon) / 2.0);
    let (lat_wave, lon_wave) = (sin(half_lat) * sin(half_lat), sin(half_lon) * sin(half_lon));
    let cosines = cos(lat) * cos(to_lat);
    let haversine = lat_wave + cosines * lon_wave;
    if haversine <= 0.0 || haversine >= 1.0 {
        return 0.0;
    }
    let slope = sin(half_lat) * cos(half_lat) * (to_lat_slope - lat_slope)
        - (sin(lat) * cos(to_lat) * lat_slope + cos(lat) * sin(to_lat) * to_lat_slope) * lon_wave
        + cosines * sin(half_lon) * cos(half_lon) * (to_lon_slope - lon_slope);
    EARTH * slope / (haversine * (1.0 - haversine)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::date::DayOrder;
    use crate::data::formula::Formula;
    use crate::data::frame::Frame;
    use crate::data::table::{ReadOptions, Table};

    /// The slope of a formula by x in a table of x and y, by the rules and by a central difference.
    fn slopes(text: &str, x: f64, y: f64) -> (f64, f64) {
        let formula = Formula::read(text).unwrap();
        let evaluated = |x: f64| {
            let table = format!("x,y\n{x},{y}\n").into_bytes();
            let table = Table::from_bytes("x.csv", table, &ReadOptions::default()).unwrap();
            let frame = Frame::new(&table);
            let columns: Vec<_> =
                formula.mentions().iter().map(|m| (table.find(&m.name).unwrap(), DayOrder::YearFirst)).collect();
            let moves: Vec<f64> = columns.iter().map(|(column, _)| if *column == 0 { 1.0 } else { 0.0 }).collect();
            let bound = Bound::new(&formula, &frame, columns);
            (bound.at(0).unwrap().unwrap(), bound.slope_at(0, &moves).unwrap().unwrap())
        };
        let h = 1e-5;
        (evaluated(x).1, (evaluated(x + h).0 - evaluated(x - h).0) / (2.0 * h))
    }

    #[test]
    fn every_rule_gives_the_slope_that_a_difference_gives() {
        for text in [
            "x * y + x - 3",
            "y / x",
            "x / y - -x",
            "x ^ 3",
            "y ^ x",
            "x ^ -0.5",
            "abs(y - x) + sqrt(x)",
            "ln(x) * exp(x / 9)",
            "sin(x) + cos(x * y)",
            "floor(x) + (x > y) * 5",
            "min(x, y) + 2 * max(x, y, 1)",
            "distance(x, y, 40.7, -74)",
            "distance(40.7, y, 41, x)",
        ] {
            for (x, y) in [(2.3, 1.7), (0.6, 5.2)] {
                let (slope, difference) = slopes(text, x, y);
                assert!((slope - difference).abs() <= 1e-6 * slope.abs().max(1.0), "{text}: {slope} {difference}");
            }
        }
    }
}
