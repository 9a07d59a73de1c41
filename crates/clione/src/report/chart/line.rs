//! A line chart: numbers over numbers, for the terminal and as an SVG picture.

use super::axis::{Axis, Scale};
use super::plot::{DARK_STYLE, Frame, Plot, STYLE, Span, label, line, style};
use crate::report::canvas::{Canvas, DOTS};
use crate::report::markup::Markup;

/// One line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Its points (x, y), x growing; points that are not finite leave a gap.
    pub points: Vec<(f64, f64)>,
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

impl LineChart {
    /// The chart as lines of at most `columns` characters, with `rows` lines for the curves themselves; the title is left
    /// to the page around it.
    pub fn text(&self, columns: usize, rows: usize) -> String {
        let plot = self.plot();
        let Some((axis_x, axis_y)) = plot.axes(((columns / 20).max(2), (rows / 3).max(2))) else {
            return format!("{}: there is nothing to draw\n", self.title);
        };
        let y_names: Vec<String> = axis_y.ticks().map(|tick| axis_y.name(tick)).collect();
        let margin = y_names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let width = columns.saturating_sub(margin + 3).max(10);
        let rows = rows.max(2);
        let (last_x, last_y) = ((width * DOTS.0 - 1) as f64, (rows * DOTS.1 - 1) as f64);
        let place = |(x, y): (f64, f64)| {
            let across = (axis_x.share(x) * last_x).round() as usize;
            (across, ((1.0 - axis_y.share(y)) * last_y).round() as usize)
        };
        let mut canvas = Canvas::new(width, rows);
        for series in &plot.lines {
            for piece in pieces(&thinned(&series.points, width * DOTS.0)) {
                canvas.dot(place(piece[0]));
                piece.windows(2).for_each(|pair| canvas.line(place(pair[0]), place(pair[1])));
            }
        }
        let mut text = format!("{:>margin$}\n", self.y_label);
        let row_of = |tick: f64| place((axis_x.from, tick)).1 / DOTS.1;
        for (row, line) in canvas.lines().iter().enumerate() {
            let name = axis_y.ticks().zip(&y_names).find(|(tick, _)| row_of(*tick) == row).map(|(_, name)| name);
            let (name, border) = name.map_or(("", '│'), |name| (name.as_str(), '┤'));
            text.push_str(format!("{name:>margin$} {border}{line}").trim_end());
            text.push('\n');
        }
        text + &self.x_axis(axis_x, margin, width)
    }

    /// The line below the curves, the names of its ticks, and what it means.
    fn x_axis(&self, axis_x: Axis, margin: usize, width: usize) -> String {
        let mut axis = vec!['─'; width];
        let mut names = vec![' '; width];
        for tick in axis_x.ticks() {
            let column = (axis_x.share(tick) * (width - 1) as f64).round() as usize;
            let name: Vec<char> = axis_x.name(tick).chars().collect();
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
        let frame = &Frame::FILE;
        let [width, height] = [frame.size.0, frame.size.1].map(|size| size.to_string());
        let view = format!("0 0 {width} {height}");
        let mut svg = Markup::default();
        svg.open(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("class", "plot"),
                ("viewBox", &view),
                ("width", &width),
                ("height", &height),
                ("role", "img"),
            ],
        );
        svg.element("title", &[], &self.title).literal("<style>").literal(STYLE).literal(
            ".plot{background:#fff;font:13px system-ui,sans-serif}.plot .title{fill:#1a1a1a;font-size:16px;\
             font-weight:600}@media (prefers-color-scheme:dark){.plot{background:#16181d}.plot .title{fill:#f2f3f5}",
        );
        svg.literal(DARK_STYLE).literal("}</style>");
        let left = frame.left.to_string();
        svg.element("text", &[("class", "title"), ("x", &left), ("y", "26")], &self.title);
        svg.append(&self.plot().contents(frame));
        if self.series.len() > 1 {
            self.legend(&mut svg, frame);
        }
        svg.close("svg").literal("\n");
        svg.text().to_owned()
    }

    /// The lines and axes of the chart. What cannot be negative is shown from 0.
    fn plot(&self) -> Plot {
        let place = |(x, y): (f64, f64)| match self.x_scale {
            Scale::Linear => (x, y),
            Scale::Logarithmic => (x.log10(), y),
        };
        let placed = |line: &Series| line.points.iter().copied().map(place).collect();
        Plot {
            x_scale: self.x_scale,
            x_label: self.x_label.clone(),
            y_label: self.y_label.clone(),
            y: Span::WithZero,
            lines: self.series.iter().map(|line| Series { name: line.name.clone(), points: placed(line) }).collect(),
            ..Plot::default()
        }
    }

    /// The name of each line beside a piece of it, at the top right.
    fn legend(&self, svg: &mut Markup, frame: &Frame) {
        for (number, series) in self.series.iter().enumerate() {
            let y = frame.top + 8.0 + 20.0 * number as f64;
            let class = format!("key {}", style(number));
            line(svg, &class, (frame.right - 24.0, y - 4.0), (frame.right, y - 4.0));
            label(svg, (frame.right - 32.0, y), "end", &series.name);
        }
    }
}

pub(super) fn is_finite(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

/// The stretches between points that are not finite.
pub(super) fn pieces(points: &[(f64, f64)]) -> impl Iterator<Item = &[(f64, f64)]> {
    points.split(|point| !is_finite(point)).filter(|piece| !piece.is_empty())
}

/// At most about two points for each of `buckets` stretches: its lowest and its highest, so that no peak is lost.
pub(super) fn thinned(points: &[(f64, f64)], buckets: usize) -> Vec<(f64, f64)> {
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
