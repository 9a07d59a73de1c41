//! Rows in the order of their probability: what each threshold would find, the curves that follow, and the areas below them.

/// What is found when all rows are said to be of the class whose probability is at least a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The least probability that counts as a yes.
    pub threshold: f64,
    /// How many rows of the class are found (true positives).
    pub found: usize,
    /// How many other rows are taken for it (false positives).
    pub mistaken: usize,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// How far right: the share of other rows that are mistaken (ROC), or the share of the class that is found (recall).
    pub x: f64,
    /// How high: the share of the class that is found (ROC), or the share of what is found that is right (precision).
    pub y: f64,
    /// The threshold of this point; infinite where nothing is found yet.
    pub threshold: f64,
}

/// A threshold for two classes, and what is reached with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Rows with at least this probability are said to be of the second class.
    pub at: f64,
    /// The share of what is found that is right; none where nothing is found.
    pub precision: Option<f64>,
    /// The share of the class that is found.
    pub recall: f64,
    /// 2·precision·recall / (precision + recall).
    pub f1: f64,
    /// The mean of the shares of both classes that are right: (1 + J) / 2 for Youden's J.
    pub balanced: f64,
}

/// A probability that rows of a class were given, and where the other rows lie beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tie {
    /// The probability of the class.
    pub score: f64,
    /// How many rows of the class have it.
    pub own: usize,
    /// How many other rows lie between it and the next higher one.
    pub others_above: usize,
    /// How many other rows have it too.
    pub others_equal: usize,
}

/// Every different probability of some rows, the highest first, and what it finds as a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    cuts: Vec<Cut>,
    positives: usize,
    negatives: usize,
}

/// The most points of a curve that is kept.
const POINTS: usize = 200;

impl Ranking {
    /// Ranks rows by the probability of a class, each with whether it is of that class. Equal probabilities are one cut.
    ///
    /// ```
    /// use clione::train::ranking::Ranking;
    /// let ranking = Ranking::new([(0.9, true), (0.5, false), (0.5, true), (0.1, false)]);
    /// assert_eq!(ranking.cuts().len(), 3);
    /// assert_eq!(ranking.roc_area(), Some(0.875)); // of 4 pairs 3 are in order, and 1 is a tie
    /// ```
    pub fn new(rows: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let mut rows: Vec<(f64, bool)> = rows.into_iter().collect();
        rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let (mut found, mut mistaken) = (0, 0);
        let mut cuts = Vec::new();
        for ties in rows.chunk_by(|a, b| a.0 == b.0) {
            let yes = ties.iter().filter(|(_, is_of_class)| *is_of_class).count();
            (found, mistaken) = (found + yes, mistaken + ties.len() - yes);
            cuts.push(Cut { threshold: ties[0].0, found, mistaken });
        }
        Ranking { cuts, positives: found, negatives: mistaken }
    }

    /// Ranks rows by the probability of one of `classes` classes, against all others.
    pub fn of_class(class: usize, classes: usize, probabilities: &[f64], truth: &[u32]) -> Self {
        let rows = probabilities.chunks(classes).zip(truth);
        Ranking::new(rows.map(|(row, &true_class)| (row[class], true_class as usize == class)))
    }

    /// The ranking of `rows` rows of which those of the class have these probabilities, the highest first. Other rows
    /// between two of them are one cut.
    pub fn of_ties(ties: &[Tie], rows: usize) -> Self {
        let (mut found, mut mistaken) = (0, 0);
        let mut cuts = Vec::with_capacity(2 * ties.len() + 1);
        for tie in ties {
            if tie.others_above > 0 {
                mistaken += tie.others_above;
                cuts.push(Cut { threshold: tie.score.next_up(), found, mistaken });
            }
            (found, mistaken) = (found + tie.own, mistaken + tie.others_equal);
            cuts.push(Cut { threshold: tie.score, found, mistaken });
        }
        let negatives = rows - found;
        if mistaken < negatives {
            cuts.push(Cut { threshold: f64::NEG_INFINITY, found, mistaken: negatives });
        }
        Ranking { cuts, positives: found, negatives }
    }

    /// The cuts, the highest threshold first.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// The area below the ROC curve: how likely a row of the class has a higher probability than another row, ties counted
    /// half (Hanley and McNeil 1982). None unless there are rows of both kinds.
    pub fn roc_area(&self) -> Option<f64> {
        let mut twice = 0;
        let mut last = Cut { threshold: f64::INFINITY, found: 0, mistaken: 0 };
        for &cut in &self.cuts {
            twice += (cut.mistaken - last.mistaken) as u128 * (cut.found + last.found) as u128;
            last = cut;
        }
        let pairs = self.positives as u128 * self.negatives as u128;
        (pairs > 0).then(|| twice as f64 / (2 * pairs) as f64)
    }

    /// Average precision Σ (Rᵢ - Rᵢ₋₁)·Pᵢ over the cuts, with their recalls R and precisions P: the area below the steps of
    /// the precision-recall curve, as scikit-learn defines it. None unless there are rows of both kinds.
    pub fn average_precision(&self) -> Option<f64> {
        let mut found = 0;
        let mut sum = 0.0;
        for cut in &self.cuts {
            sum += (cut.found - found) as f64 * precision(cut).unwrap_or(0.0);
            found = cut.found;
        }
        (self.positives > 0 && self.negatives > 0).then(|| sum / self.positives as f64)
    }

    /// The ROC curve from (0, 0) to (1, 1), of at most 200 points; empty unless there are rows of both kinds.
    pub fn roc(&self) -> Vec<CurvePoint> {
        let start = CurvePoint { x: 0.0, y: 0.0, threshold: f64::INFINITY };
        self.curve(start, |cut| CurvePoint {
            x: cut.mistaken as f64 / self.negatives as f64,
            y: cut.found as f64 / self.positives as f64,
            threshold: cut.threshold,
        })
    }

    /// The precision-recall curve from recall 0 (with precision 1) to recall 1, of at most 200 points; empty unless there
    /// are rows of both kinds.
    pub fn precision_recall(&self) -> Vec<CurvePoint> {
        let start = CurvePoint { x: 0.0, y: 1.0, threshold: f64::INFINITY };
        self.curve(start, |cut| CurvePoint {
            x: cut.found as f64 / self.positives as f64,
            y: precision(cut).unwrap_or(0.0),
            threshold: cut.threshold,
        })
    }

    fn curve(&self, start: CurvePoint, point: impl Fn(&Cut) -> CurvePoint) -> Vec<CurvePoint> {
        if self.positives == 0 || self.negatives == 0 {
            return Vec::new();
        }
        let points: Vec<CurvePoint> = std::iter::once(start).chain(self.cuts.iter().map(point)).collect();
        thin(&points, POINTS)
    }

    /// What a threshold reaches; none unless there are rows of both kinds.
    pub fn at(&self, threshold: f64) -> Option<Threshold> {
        let nothing = Cut { threshold, found: 0, mistaken: 0 };
        let cut = self.cuts.iter().take_while(|cut| cut.threshold >= threshold).last().copied().unwrap_or(nothing);
        self.reached(&Cut { threshold, ..cut })
    }

    /// The threshold with the best F1, the highest of equals; none unless there are rows of both kinds.
    pub fn best_f1(&self) -> Option<Threshold> {
        self.best(|threshold| threshold.f1)
    }

    /// The threshold with the best balanced accuracy, which is also that with the largest J = recall - share of other rows
    /// that are mistaken (Youden 1950), the highest of equals; none unless there are rows of both kinds.
    pub fn best_balanced(&self) -> Option<Threshold> {
        self.best(|threshold| threshold.balanced)
    }

    fn best(&self, value: impl Fn(&Threshold) -> f64) -> Option<Threshold> {
        let reached = self.cuts.iter().filter_map(|cut| self.reached(cut));
        reached.reduce(|best, next| if value(&next) > value(&best) { next } else { best })
    }

    fn reached(&self, cut: &Cut) -> Option<Threshold> {
        if self.positives == 0 || self.negatives == 0 {
            return None;
        }
        let recall = cut.found as f64 / self.positives as f64;
        let right_no = (self.negatives - cut.mistaken) as f64 / self.negatives as f64;
        let f1 = 2.0 * cut.found as f64 / (cut.found + cut.mistaken + self.positives) as f64;
        Some(Threshold {
            at: cut.threshold,
            precision: precision(cut),
            recall,
            f1,
            balanced: (recall + right_no) / 2.0,
        })
    }
}

fn precision(cut: &Cut) -> Option<f64> {
    let said = cut.found + cut.mistaken;
    (said > 0).then(|| cut.found as f64 / said as f64)
}

/// At most `most` (2 or more) of the points, evenly chosen by their place; the first and the last stay.
///
/// ```
/// use clione::train::ranking::thin;
/// assert_eq!(thin(&[0, 1, 2, 3, 4, 5, 6], 3), [0, 3, 6]);
/// assert_eq!(thin(&[0, 1], 3), [0, 1]);
/// ```
pub fn thin<T: Copy>(points: &[T], most: usize) -> Vec<T> {
    if points.len() <= most {
        return points.to_vec();
    }
    (0..most).map(|number| points[number * (points.len() - 1) / (most - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_alone_has_no_curve_area_or_threshold() {
        for is_of_class in [true, false] {
            let ranking = Ranking::new([(0.9, is_of_class), (0.2, is_of_class)]);
            assert_eq!((ranking.roc_area(), ranking.average_precision()), (None, None));
            assert_eq!((ranking.roc(), ranking.precision_recall()), (Vec::new(), Vec::new()));
            assert_eq!((ranking.best_f1(), ranking.best_balanced(), ranking.at(0.5)), (None, None, None));
        }
    }

    #[test]
    fn the_best_threshold_is_the_one_that_one_finds_by_hand() {
        let ranking = Ranking::new([(0.9, true), (0.7, false), (0.4, true), (0.3, true), (0.2, false), (0.1, false)]);
        let best = ranking.best_f1().unwrap();
        assert_eq!((best.at, best.precision, best.recall), (0.3, Some(0.75), 1.0));
        assert!((best.f1 - 6.0 / 7.0).abs() < 1e-15);
        let best = ranking.best_balanced().unwrap();
        assert_eq!((best.at, best.balanced), (0.3, (1.0 + 2.0 / 3.0) / 2.0));
        let usual = ranking.at(0.5).unwrap();
        assert_eq!((usual.at, usual.precision, usual.recall), (0.5, Some(0.5), 1.0 / 3.0));
        let nothing = ranking.at(0.95).unwrap();
        assert_eq!((nothing.precision, nothing.recall, nothing.f1, nothing.balanced), (None, 0.0, 0.0, 0.5));
    }

    #[test]
    fn a_curve_is_thinned_but_keeps_its_ends() {
        let ranking = Ranking::new((0..1000).map(|i| (f64::from(i) / 1000.0, i * 7 % 11 < 5)));
        let (roc, recall) = (ranking.roc(), ranking.precision_recall());
        assert_eq!((roc.len(), recall.len()), (200, 200));
        assert_eq!((roc[0].x, roc[0].y, roc[199].x, roc[199].y), (0.0, 0.0, 1.0, 1.0));
        assert_eq!((recall[0].x, recall[0].y, recall[199].x), (0.0, 1.0, 1.0));
        assert!(roc.windows(2).all(|pair| pair[0].x <= pair[1].x && pair[0].y <= pair[1].y));
    }
}
