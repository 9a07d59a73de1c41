//! A picture with one pair of axes, as SVG: lines, dots, a line to compare with, and marks at places of the x axis.

use super::axis::{Axis, Scale, range};
use super::line::{Series, is_finite, pieces, thinned};
use crate::report::markup::Markup;

/// What is drawn.
///
/// ```
/// use clione::report::chart::{Series, plot::{Frame, Plot}};
/// let points = vec![(1.0, 0.9), (2.0, 0.4), (3.0, 0.2)];
/// let plot = Plot { lines: vec![Series { name: "training".to_owned(), points }], ..Plot::default() };
/// assert!(plot.contents(&Frame::PAGE).text().contains("<polyline class=\"s0\""));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// What grows to the right.
    pub x_label: String,
    /// What grows upwards.
    pub y_label: String,
    /// How it grows; on a logarithmic axis points are given by their powers of ten.
    pub x_scale: Scale,
    /// The range to the right.
    pub x: Span,
    /// The range upwards.
    pub y: Span,
    /// Lines, each in a colour and a pattern of its own.
    pub lines: Vec<Series>,
    /// Dots, each with what it says when it is pointed at.
    pub dots: Vec<(f64, f64, String)>,
    /// The ends of a thin line that is there to compare with.
    pub reference: Option<[(f64, f64); 2]>,
    /// Places on the x axis with a word.
    pub marks: Vec<(f64, String)>,
    /// Whether points of lines tell their numbers when they are pointed at.
    pub is_touchable: bool,
}

/// The range of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Span {
    /// As far as the points go.
    #[default]
    Points,
    /// The same, and to zero.
    WithZero,
    /// From here to there.
    Fixed(f64, f64),
}

/// The room of a picture and of the axes in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Width and height of the picture.
    pub size: (f64, f64),
    /// Where the y axis stands.
    pub left: f64,
    /// Where the x axis ends.
    pub right: f64,
    /// Where the y axis ends.
    pub top: f64,
    /// Where the x axis lies.
    pub bottom: f64,
    /// About how many ticks there are on the x axis and on the y axis.
    pub ticks: (usize, usize),
    /// How far the names of ticks and of the axis stand below the x axis.
    pub below: (f64, f64),
}

impl Frame {
    /// Small enough that its words can be read on a telephone.
    pub const PAGE: Frame = Frame {
        size: (360.0, 232.0),
        left: 46.0,
        right: 350.0,
        top: 26.0,
        bottom: 188.0,
        ticks: (5, 4),
        below: (17.0, 36.0),
    };

    /// For a picture of its own.
    pub const FILE: Frame = Frame {
        size: (720.0, 400.0),
        left: 72.0,
        right: 692.0,
        top: 56.0,
        bottom: 344.0,
        ticks: (6, 5),
        below: (20.0, 40.0),
    };
}

/// How many patterns of lines there are; they begin anew after that.
pub const PATTERNS: usize = 4;

/// How many points of a line can be pointed at.
const TOUCHABLE: usize = 60;

/// How colours and patterns of lines are written in a style sheet, within a picture of class `plot`; twice, for a light page
/// and for a dark one. The colours are told apart by people who confuse red and green (Okabe and Ito 2008).
pub const STYLE: &str = "\
.plot text{fill:#555}.plot .grid{stroke:#e6e6e6}.plot .axis{stroke:#888}.plot .mark{stroke:#888;stroke-dasharray:2 3}\
.plot .compare{stroke:#888;stroke-dasharray:5 4}\
.plot polyline,.plot .key{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\
.plot .s0{stroke:#0072b2}.plot .s1{stroke:#d55e00;stroke-dasharray:6 4}\
.plot .s2{stroke:#007a5a;stroke-dasharray:2 4}.plot .s3{stroke:#a3487c;stroke-dasharray:8 3 2 3}\
.plot .dot{fill:#0072b2;fill-opacity:.45}.plot .touch{fill:transparent}.plot .touch:hover{fill:#888}";

/// The part of [`STYLE`] that a dark page needs instead.
pub const DARK_STYLE: &str = "\
.plot text{fill:#aab0bb}.plot .grid{stroke:#2c3038}.plot .axis{stroke:#6b7280}\
.plot .s0{stroke:#56b4e9}.plot .s1{stroke:#e69f00}.plot .s2{stroke:#2fc79a}.plot .s3{stroke:#e59fc6}\
.plot .dot{fill:#56b4e9}";

impl Plot {
    /// A picture for a page, which reads `title` aloud to those who cannot see it.
    pub fn inline(&self, title: &str) -> Markup {
        let mut markup = Markup::default();
        let (width, height) = Frame::PAGE.size;
        let view = format!("0 0 {width} {height}");
        markup.open("svg", &[("class", "plot"), ("viewBox", &view), ("role", "img"), ("aria-label", title)]);
        markup.append(&self.contents(&Frame::PAGE)).close("svg");
        markup
    }

    /// Everything inside the picture.
    pub fn contents(&self, frame: &Frame) -> Markup {
        let mut markup = Markup::default();
        let Some((axis_x, axis_y)) = self.axes(frame.ticks) else {
            label(&mut markup, (frame.left, frame.bottom), "start", "there is nothing to draw");
            return markup;
        };
        let Frame { left, right, top, bottom, .. } = *frame;
        let x = |value: f64| left + axis_x.share(value) * (right - left);
        let y = |value: f64| bottom - axis_y.share(value) * (bottom - top);
        for tick in axis_y.ticks() {
            line(&mut markup, "grid", (left, y(tick)), (right, y(tick)));
            label(&mut markup, (left - 6.0, y(tick) + 4.0), "end", &axis_y.name(tick));
        }
        for tick in axis_x.ticks() {
            line(&mut markup, "axis", (x(tick), bottom), (x(tick), bottom + 4.0));
            label(&mut markup, (x(tick), bottom + frame.below.0), "middle", &axis_x.name(tick));
        }
        line(&mut markup, "axis", (left, bottom), (right, bottom));
        label(&mut markup, (right, bottom + frame.below.1), "end", &self.x_label);
        label(&mut markup, (4.0, top - 12.0), "start", &self.y_label);
        for (at, word) in &self.marks {
            line(&mut markup, "mark", (x(*at), top), (x(*at), bottom));
            let (place, anchor) = if x(*at) > (left + right) / 2.0 { (-4.0, "end") } else { (4.0, "start") };
            label(&mut markup, (x(*at) + place, top + 8.0), anchor, word);
        }
        if let Some([from, to]) = self.reference {
            line(&mut markup, "compare", (x(from.0), y(from.1)), (x(to.0), y(to.1)));
        }
        for (px, py, words) in self.dots.iter().filter(|dot| dot.0.is_finite() && dot.1.is_finite()) {
            circle(&mut markup, "dot", (x(*px), y(*py)), "3", words);
        }
        for (number, series) in self.lines.iter().enumerate() {
            self.series(&mut markup, frame, number, series, &|point| (x(point.0), y(point.1)));
        }
        markup
    }

    fn series(
        &self,
        markup: &mut Markup,
        frame: &Frame,
        number: usize,
        series: &Series,
        place: &dyn Fn((f64, f64)) -> (f64, f64),
    ) {
        let points = thinned(&series.points, (frame.right - frame.left) as usize);
        for piece in pieces(&points) {
            let places = piece.iter().map(|&point| place(point));
            let places: Vec<String> = places.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            markup.open("polyline", &[("class", &style(number)), ("points", &places.join(" "))]);
            markup.element("title", &[], &series.name).close("polyline");
            if let [only] = piece {
                circle(markup, "dot", place(*only), "3", &series.name);
            }
        }
        if !self.is_touchable {
            return;
        }
        let each = series.points.len().div_ceil(TOUCHABLE).max(1);
        for &point in series.points.iter().filter(|point| is_finite(point)).step_by(each) {
            let words = format!("{}: {} {}, {} {}", series.name, self.x_label, point.0, self.y_label, short(point.1));
            circle(markup, "touch", place(point), "6", &words);
        }
    }

    /// The two axes, with about so many ticks, if there is a finite point.
    pub(super) fn axes(&self, ticks: (usize, usize)) -> Option<(Axis, Axis)> {
        let points = || self.lines.iter().flat_map(|series| &series.points).filter(|point| is_finite(point)).copied();
        let points = || points().chain(self.dots.iter().map(|dot| (dot.0, dot.1)));
        let x = within(self.x, range(points().map(|point| point.0))?);
        let y = within(self.y, range(points().map(|point| point.1))?);
        let y = if y == (0.0, 0.0) { (0.0, 1.0) } else { y };
        let (axis_x, axis_y) = (Axis::new(x.0, x.1, ticks.0).in_scale(self.x_scale), Axis::new(y.0, y.1, ticks.1));
        Some((axis_x, if matches!(self.y, Span::Fixed(..)) { axis_y } else { axis_y.rounded() }))
    }
}

fn within(span: Span, (low, high): (f64, f64)) -> (f64, f64) {
    match span {
        Span::Points => (low, high),
        Span::WithZero => (low.min(0.0), high.max(0.0)),
        Span::Fixed(from, to) => (from, to),
    }
}

/// The class of a line's colour and pattern.
pub fn style(number: usize) -> String {
    format!("s{}", number % PATTERNS)
}

fn short(number: f64) -> String {
    format!("{number:.4}")
}

/// Writes a line.
pub(in crate::report) fn line(markup: &mut Markup, class: &str, from: (f64, f64), to: (f64, f64)) {
    let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(tenths);
    markup.empty("line", &[("class", class), ("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2)]);
}

/// Writes words beside a place.
pub(in crate::report) fn label(markup: &mut Markup, (x, y): (f64, f64), anchor: &str, words: &str) {
    let [x, y] = [x, y].map(tenths);
    markup.element("text", &[("x", &x), ("y", &y), ("text-anchor", anchor)], words);
}

/// Writes a circle that says something when it is pointed at.
pub(in crate::report) fn circle(markup: &mut Markup, class: &str, (x, y): (f64, f64), radius: &str, words: &str) {
    let [x, y] = [x, y].map(tenths);
    markup.open("circle", &[("class", class), ("cx", &x), ("cy", &y), ("r", radius)]);
    markup.element("title", &[], words).close("circle");
}

fn tenths(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_lies_within_the_frame() {
        let dots = vec![(-3.0, 1e6, "a".to_owned()), (5.0, -2e6, "b".to_owned()), (f64::NAN, 0.0, "c".to_owned())];
        let text = Plot { dots, ..Plot::default() }.inline("dots").text().to_owned();
        assert_eq!(text.matches("<circle").count(), 2);
        assert!(text.contains("cx=\"46.0\"") && text.contains("cx=\"350.0\"") && !text.contains("NaN"), "{text}");
    }

    #[test]
    fn nothing_one_point_and_equal_points_can_be_drawn() {
        for points in [Vec::new(), vec![(1.0, 0.0)], vec![(2.0, 7.0); 3]] {
            let lines = vec![Series { name: "a".to_owned(), points }];
            let text = Plot { lines, is_touchable: true, ..Plot::default() }.inline("a").text().to_owned();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }
}
