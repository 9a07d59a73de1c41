//! A line chart: numbers over numbers, for the terminal and as an SVG picture.

use super::canvas::{Canvas, DOTS};
use std::fmt::Write;

/// One line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Its points (x, y), x growing; points that are not finite leave a gap.
    pub points: Vec<(f64, f64)>,
}

/// How places along the axis follow from numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps add the same.
    #[default]
    Linear,
    /// Equal steps multiply by the same; numbers that are not above 0 have no place.
    Logarithmic,
}

/// What is drawn: lines with one pair of axes.
///
/// ```
/// use clione::report::chart::{LineChart, Scale, Series};
/// let points = (1..=100).map(|x| (f64::from(x), 1.0 / f64::from(x))).collect();
/// let chart = LineChart {
///     title: "Loss of each iteration".to_owned(),
///     x_label: "iteration".to_owned(),
///     x_scale: Scale::Linear,
///     y_label: "loss".to_owned(),
///     series: vec![Series { name: "training".to_owned(), points }],
/// };
/// assert!(chart.text(60, 8).contains("iteration"));
/// assert!(chart.svg().starts_with("<svg"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// What stands above it.
    pub title: String,
    /// What grows to the right.
    pub x_label: String,
    /// How it grows.
    pub x_scale: Scale,
    /// What grows upwards.
    pub y_label: String,
    /// The lines.
    pub series: Vec<Series>,
}

/// The room of the SVG picture and of the axes in it.
const SIZE: (f64, f64) = (720.0, 400.0);
const LEFT: f64 = 72.0;
const RIGHT: f64 = 692.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 344.0;

/// Colours that are told apart by people who confuse red and green (Okabe and Ito 2008), for a light and a dark page.
const COLOURS: [(&str, &str); 4] =
    [("#0072b2", "#56b4e9"), ("#d55e00", "#e69f00"), ("#007a5a", "#2fc79a"), ("#a3487c", "#e59fc6")];

impl LineChart {
    /// The chart as lines of at most `columns` characters, with `rows` lines for the curves themselves; the title is left
    /// to the page around it.
    pub fn text(&self, columns: usize, rows: usize) -> String {
        let series = self.placed();
        let Some(axes) = Axes::of(&series, self.x_scale, (columns / 20).max(2), (rows / 3).max(2)) else {
            return format!("{}: there is nothing to draw\n", self.title);
        };
        let y_names: Vec<String> = axes.y.ticks().map(|tick| axes.y.name(tick)).collect();
        let margin = y_names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let width = columns.saturating_sub(margin + 3).max(10);
        let rows = rows.max(2);
        let (last_x, last_y) = ((width * DOTS.0 - 1) as f64, (rows * DOTS.1 - 1) as f64);
        let place = |(x, y): (f64, f64)| {
            let across = (axes.x.share(x) * last_x).round() as usize;
            (across, ((1.0 - axes.y.share(y)) * last_y).round() as usize)
        };
        let mut canvas = Canvas::new(width, rows);
        for series in &series {
            for piece in pieces(&thinned(&series.points, width * DOTS.0)) {
                canvas.dot(place(piece[0]));
                piece.windows(2).for_each(|pair| canvas.line(place(pair[0]), place(pair[1])));
            }
        }
        let mut text = format!("{:>margin$}\n", self.y_label);
        let row_of = |tick: f64| place((axes.x.from, tick)).1 / DOTS.1;
        for (row, line) in canvas.lines().iter().enumerate() {
            let name = axes.y.ticks().zip(&y_names).find(|(tick, _)| row_of(*tick) == row).map(|(_, name)| name);
            let (name, border) = name.map_or(("", '│'), |name| (name.as_str(), '┤'));
            text.push_str(format!("{name:>margin$} {border}{line}").trim_end());
            text.push('\n');
        }
        text + &self.x_axis(&axes, margin, width)
    }

    /// The lines with each x as the axis counts it.
    fn placed(&self) -> Vec<Series> {
        let place = |(x, y): (f64, f64)| match self.x_scale {
            Scale::Linear => (x, y),
            Scale::Logarithmic => (x.log10(), y),
        };
        let placed = |line: &Series| line.points.iter().copied().map(place).collect();
        self.series.iter().map(|line| Series { name: line.name.clone(), points: placed(line) }).collect()
    }

    /// The line below the curves, the names of its ticks, and what it means.
    fn x_axis(&self, axes: &Axes, margin: usize, width: usize) -> String {
        let mut axis = vec!['─'; width];
        let mut names = vec![' '; width];
        for tick in axes.x.ticks() {
            let column = (axes.x.share(tick) * (width - 1) as f64).round() as usize;
            let name: Vec<char> = axes.x.name(tick).chars().collect();
            axis[column] = '┬';
            let start = column.saturating_sub(name.len() / 2).min(width.saturating_sub(name.len()));
            if names[start.saturating_sub(1)..(start + name.len() + 1).min(width)].iter().all(|&letter| letter == ' ') {
                names[start..start + name.len()].copy_from_slice(&name);
            }
        }
        let (axis, names) = (String::from_iter(axis), String::from_iter(names));
        let indent = " ".repeat(margin + 2);
        let names = format!("{indent}{names}");
        format!("{0:>1$}{axis}\n{2}\n{3:>4$}\n", '└', margin + 2, names.trim_end(), self.x_label, margin + 2 + width)
    }

    /// The chart as an SVG picture of 720 x 400, without any font or file from elsewhere; it is dark where the page is.
    pub fn svg(&self) -> String {
        let mut svg = self.svg_head();
        let series = self.placed();
        let Some(axes) = Axes::of(&series, self.x_scale, 6, 5) else {
            let _ = write!(svg, "<text x=\"{LEFT}\" y=\"{BOTTOM}\">there is nothing to draw</text>\n</svg>\n");
            return svg;
        };
        let x = |value: f64| LEFT + axes.x.share(value) * (RIGHT - LEFT);
        let y = |value: f64| BOTTOM - axes.y.share(value) * (BOTTOM - TOP);
        for tick in axes.y.ticks() {
            let (at, text_at, name) = (y(tick), y(tick) + 4.0, axes.y.name(tick));
            line(&mut svg, "grid", (LEFT, at), (RIGHT, at));
            label(&mut svg, (LEFT - 10.0, text_at), "end", &name);
        }
        for tick in axes.x.ticks() {
            line(&mut svg, "axis", (x(tick), BOTTOM), (x(tick), BOTTOM + 5.0));
            label(&mut svg, (x(tick), BOTTOM + 20.0), "middle", &axes.x.name(tick));
        }
        line(&mut svg, "axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        label(&mut svg, (RIGHT, BOTTOM + 40.0), "end", &self.x_label);
        label(&mut svg, (LEFT - 10.0, TOP - 14.0), "end", &self.y_label);
        for (number, series) in series.iter().enumerate() {
            let class = number % COLOURS.len();
            for piece in pieces(&thinned(&series.points, (RIGHT - LEFT) as usize)) {
                let points: Vec<String> =
                    piece.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect();
                let _ = writeln!(svg, "<polyline class=\"s{class}\" points=\"{}\"/>", points.join(" "));
            }
        }
        if self.series.len() > 1 {
            self.legend(&mut svg);
        }
        svg + "</svg>\n"
    }

    fn svg_head(&self) -> String {
        let (width, height) = SIZE;
        let title = escaped(&self.title);
        let colours = |is_dark: bool| -> String {
            let series = COLOURS
                .iter()
                .enumerate()
                .map(|(number, (light, dark))| format!(".s{number}{{stroke:{}}}", if is_dark { dark } else { light }));
            series.collect()
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\">\n<title>{title}</title>\n<style>\n\
             svg{{background:#fff;font:13px system-ui,sans-serif}}\n\
             text{{fill:#555}}.title{{fill:#1a1a1a;font-size:16px;font-weight:600}}\n\
             .grid{{stroke:#e6e6e6}}.axis{{stroke:#888}}\n\
             polyline,.key{{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}}\n{}\n\
             @media (prefers-color-scheme:dark){{svg{{background:#16181d}}text{{fill:#aab0bb}}.title{{fill:#f2f3f5}}\
             .grid{{stroke:#2c3038}}.axis{{stroke:#6b7280}}{}}}\n</style>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"26\">{title}</text>\n",
            colours(false),
            colours(true),
        )
    }

    /// The name of each line beside a piece of it, at the top right.
    fn legend(&self, svg: &mut String) {
        for (number, series) in self.series.iter().enumerate() {
            let y = TOP + 8.0 + 20.0 * number as f64;
            line(svg, &format!("key s{}", number % COLOURS.len()), (RIGHT - 24.0, y - 4.0), (RIGHT, y - 4.0));
            label(svg, (RIGHT - 32.0, y), "end", &series.name);
        }
    }
}

fn line(svg: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let _ = writeln!(svg, "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>");
}

fn label(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(words));
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The range of one direction, and a tick at each multiple of `step` in it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    from: f64,
    to: f64,
    step: f64,
    scale: Scale,
}

impl Axis {
    /// From `low` to `high`, with about so many ticks at round numbers.
    fn new(low: f64, high: f64, ticks: usize) -> Self {
        let (from, to) = if low < high { (low, high) } else { (low - 0.5, low + 0.5) };
        Axis { from, to, step: round_step((to - from) / ticks as f64), scale: Scale::Linear }
    }

    /// The same axis for numbers that are counted by their powers of ten.
    fn in_scale(self, scale: Scale) -> Self {
        match scale {
            Scale::Linear => self,
            Scale::Logarithmic => Axis { step: self.step.ceil(), scale, ..self },
        }
    }

    /// Begins and ends at a tick.
    fn rounded(self) -> Self {
        let Axis { from, to, step, scale } = self;
        Axis { from: (from / step).floor() * step, to: (to / step).ceil() * step, step, scale }
    }

    fn ticks(self) -> impl Iterator<Item = f64> {
        let (first, last) = ((self.from / self.step - 1e-9).ceil() as i64, (self.to / self.step + 1e-9).floor() as i64);
        (first..=last).map(move |tick| tick as f64 * self.step)
    }

    /// Where a value lies: 0 at the beginning, 1 at the end.
    fn share(self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    /// A tick as text, with as many decimals as the step has.
    fn name(self, tick: f64) -> String {
        if self.scale == Scale::Logarithmic {
            return format!("1e{tick:.0}");
        }
        let size = self.from.abs().max(self.to.abs());
        if !(1e-4..1e7).contains(&size) {
            return format!("{tick:.1e}");
        }
        let decimals = (-self.step.log10() - 1e-9).ceil().max(0.0) as usize;
        format!("{tick:.decimals$}")
    }
}

/// The ranges of a chart.
struct Axes {
    x: Axis,
    y: Axis,
}

impl Axes {
    /// Ranges that hold every finite point, if there is one. What cannot be negative is shown from 0.
    fn of(series: &[Series], x_scale: Scale, x_ticks: usize, y_ticks: usize) -> Option<Axes> {
        let points = || series.iter().flat_map(|series| &series.points).filter(|point| is_finite(point));
        points().next()?;
        let range = |numbers: &mut dyn Iterator<Item = f64>| {
            numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
        };
        let (x_low, x_high) = range(&mut points().map(|point| point.0));
        let (y_low, y_high) = range(&mut points().map(|point| point.1));
        let y_high = if y_high == 0.0 && y_low == 0.0 { 1.0 } else { y_high };
        let y_low = y_low.min(0.0);
        let x = Axis::new(x_low, x_high, x_ticks).in_scale(x_scale);
        Some(Axes { x, y: Axis::new(y_low, y_high, y_ticks).rounded() })
    }
}

/// 1, 2 or 5 times a power of ten, the smallest that is not below `at_least`.
fn round_step(at_least: f64) -> f64 {
    let power = 10f64.powf(at_least.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    factors
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= at_least * (1.0 - 1e-9))
        .unwrap_or(power * 10.0)
}

fn is_finite(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

/// The stretches between points that are not finite.
fn pieces(points: &[(f64, f64)]) -> impl Iterator<Item = &[(f64, f64)]> {
    points.split(|point| !is_finite(point)).filter(|piece| !piece.is_empty())
}

/// At most about two points for each of `buckets` stretches: its lowest and its highest, so that no peak is lost.
fn thinned(points: &[(f64, f64)], buckets: usize) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(buckets.max(1));
    if size <= 2 {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(2 * buckets);
    for bucket in points.chunks(size) {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (Some(low), Some(high)) = (bucket.iter().min_by(by_height), bucket.iter().max_by(by_height)) else {
            continue;
        };
        let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        kept.extend(if first == second { vec![*first] } else { vec![*first, *second] });
    }
    kept.extend(points.last().filter(|last| kept.last() != Some(last)));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> LineChart {
        LineChart {
            title: "a < b".to_owned(),
            x_label: "x".to_owned(),
            y_label: "y".to_owned(),
            x_scale: Scale::Linear,
            series: vec![Series { name: "line".to_owned(), points }],
        }
    }

    #[test]
    fn a_falling_line_goes_from_the_top_left_to_the_bottom_right() {
        let text = chart(vec![(0.0, 1.0), (10.0, 0.0)]).text(26, 4);
        let expected = "  y
1.0 ┤⠢⠤⣀
    │    ⠉⠒⠤⢄⡀
    │        ⠈⠑⠢⠤⣀
0.0 ┤";
        let shape: Vec<&str> = text.lines().map(|line| line.trim_end()).collect();
        assert_eq!(shape[0], expected.lines().next().unwrap());
        assert!(shape[1].starts_with("1.0 ┤") && shape[4].starts_with("0.0 ┤"), "{text}");
        assert!(shape[1].chars().nth(5).unwrap() > '\u{2800}' && shape[4].chars().count() == 26 - 1, "{text}");
    }

    #[test]
    fn ticks_are_round_numbers() {
        let axis = Axis::new(0.0, 1.29, 5).rounded();
        assert_eq!(axis.ticks().map(|tick| axis.name(tick)).collect::<Vec<_>>(), ["0.0", "0.5", "1.0", "1.5"]);
        let axis = Axis::new(1.0, 1500.0, 4);
        assert_eq!(axis.ticks().map(|tick| axis.name(tick)).collect::<Vec<_>>(), ["500", "1000", "1500"]);
    }

    #[test]
    fn no_line_is_wider_than_asked_for() {
        let chart = chart((0..5000).map(|x| (f64::from(x), f64::from(x % 7) * 1e-3)).collect());
        for columns in [30, 80, 120] {
            assert!(chart.text(columns, 10).lines().all(|line| line.chars().count() <= columns));
        }
    }

    #[test]
    fn a_peak_among_many_points_is_kept() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|x| (f64::from(x), 0.0)).collect();
        points[5003].1 = 9.0;
        let thin = thinned(&points, 50);
        assert!(thin.len() <= 101 && thin.contains(&(5003.0, 9.0)));
    }

    #[test]
    fn one_point_a_flat_line_a_gap_and_nothing_at_all_can_be_drawn() {
        for points in [vec![(1.0, 2.0)], vec![(1.0, 0.0), (2.0, 0.0)], vec![(1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0)]] {
            assert!(chart(points.clone()).text(40, 5).contains('┤'), "{points:?}");
            assert!(!chart(points.clone()).svg().contains("NaN"), "{points:?}");
        }
        assert!(chart(Vec::new()).text(40, 5).contains("nothing to draw"));
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten_at_equal_distances_and_no_place_for_0() {
        let points = vec![(0.0, 5.0), (1e-6, 1.0), (1e-3, 1.0), (1.0, 1.0)];
        let chart = LineChart { x_scale: Scale::Logarithmic, ..chart(points) };
        let text = chart.text(66, 4);
        let ticks = text.lines().rev().nth(1).expect("names of ticks");
        let at = |name: &str| ticks.find(name).expect(name) as isize;
        assert!((at("1e-4") - at("1e-6") - (at("1e-2") - at("1e-4"))).abs() <= 1, "{text}");
        assert!(!chart.svg().contains("inf") && chart.svg().contains("1e-6"));
    }

    #[test]
    fn the_svg_escapes_words() {
        assert!(chart(vec![(0.0, 1.0)]).svg().contains("<title>a &lt; b</title>"));
    }
}
