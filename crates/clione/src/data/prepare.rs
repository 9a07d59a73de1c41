//! The whole way from a table to training, validation and test rows in one call.

use crate::base::error::Result;
use crate::base::rng::Rng;
use crate::data::dataset::{Dataset, Targets};
use crate::data::date::DayOrder;
use crate::data::dependence::hints::Related;
use crate::data::duplicates::alike;
use crate::data::frame::Frame;
use crate::data::leak::{Leak, find_leaks};
use crate::data::preprocess::{Located, Preprocessing};
use crate::data::schema::{Choices, Schema};
use crate::data::split::{Parts, Shares, small_classes, split_three};
use crate::data::table::Table;
use crate::data::treatment::Unknown;

/// Rows to learn from and rows held back, all prepared with what was measured on the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// What the columns are, and what was noted about them.
    pub schema: Schema,
    /// How columns become numbers; belongs to the model.
    pub preprocessing: Preprocessing,
    /// Rows to learn from.
    pub training: Dataset,
    /// Rows held back.
    pub validation: Dataset,
    /// Rows held back until the end.
    pub test: Option<Dataset>,
    /// Which rows of the table each part has.
    pub rows: Parts,
    /// What may be wrong with the split and the prepared rows.
    pub warnings: Vec<String>,
}

/// Some parts of a table's rows, prepared with what was measured on the first.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedRows {
    /// How columns become numbers; belongs to the model.
    pub preprocessing: Preprocessing,
    /// Rows to learn from.
    pub training: Dataset,
    /// The other parts.
    pub others: Vec<Dataset>,
    /// What may be wrong with the prepared rows.
    pub warnings: Vec<String>,
}

/// Infers the schema, holds back shares of the rows (stratified by class; whole groups or the last rows where they
/// [depend](crate::data::split::Dependence) on each other), fits the preprocessing on the other rows
/// and applies it to all. A category that only rows held back have is none of the known ones there. Warns of columns
/// that give the target away.
///
/// ```
/// use clione::base::rng::Rng;
/// use clione::data::prepare::prepare;
/// use clione::data::{schema::Choices, split::Shares, table::{ReadOptions, Table}};
/// let text = b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n".to_vec();
/// let table = Table::from_bytes("houses.csv", text, &ReadOptions::default())?;
/// let prepared = prepare(&table, &Choices::default(), 0.2, &Rng::new(1))?;
/// assert_eq!((prepared.training.rows(), prepared.validation.rows()), (4, 1));
/// let prepared = prepare(&table, &Choices::default(), Shares { validation: 0.2, test: 0.2 }, &Rng::new(1))?;
/// assert_eq!((prepared.training.rows(), prepared.rows.test.len()), (3, 1));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn prepare(table: &Table, choices: &Choices, shares: impl Into<Shares>, rng: &Rng) -> Result<Prepared> {
    let formulas = choices.formulas(table)?;
    let frame = formulas.frame(table, &|name| table.find(name).ok())?;
    let mut schema = Schema::of(&frame, &formulas, choices)?;
    let targets = schema.target.read(table, table.find(&schema.target.name)?, &schema.rows)?;
    let mut warnings = Vec::new();
    if let Targets::Classes { numbers, names } = &targets {
        warnings = small_classes(numbers, names);
    }
    let related = Related::find(&frame, &schema, &targets, choices);
    // What names the group of a row gives its target away in another way than what was made from it.
    let inputs: Vec<usize> = schema.inputs.iter().map(|input| input.column).collect();
    let alike = alike(&frame, &schema.rows, &inputs, Some(table.find(&schema.target.name)?));
    let leaks = find_leaks(&frame, &schema, &targets, &alike);
    let is_id = |leak: &&Leak| related.ids.iter().any(|ids| frame.names()[ids.column] == leak.column);
    warnings.extend(leaks.iter().filter(|leak| !is_id(leak)).map(Leak::warning));
    warnings.extend(related.ids.iter().map(|ids| ids.warning(&frame)));
    let (sure, possible): (Vec<_>, Vec<_>) = related.times.iter().partition(|time| time.correlation.is_some());
    warnings.extend(sure.iter().map(|time| time.hint(&frame)));
    schema.notes.extend(possible.iter().map(|time| time.hint(&frame)));
    // Copies on both sides of a split make figures too good.
    let copies = alike.copies_in_words(schema.rows.len(), |row| table.line(row as usize));
    warnings.extend(copies.map(|copies| {
        format!("{copies}: figures on held-out rows may be too good; --drop-duplicates leaves copies out")
    }));
    let parts = split_three(schema.rows.len(), shares.into(), targets.class_numbers(), &schema.dependence, rng)
        .map_err(|error| error.in_file(table.source()))?;
    let of_table = |places: Vec<u32>| places.into_iter().map(|place| schema.rows[place as usize]).collect();
    let rows = Parts {
        training: of_table(parts.training),
        validation: of_table(parts.validation),
        test: of_table(parts.test),
    };
    let others: &[&[u32]] = if rows.test.is_empty() { &[&rows.validation] } else { &[&rows.validation, &rows.test] };
    let prepared = prepare_frame(frame, &schema, choices, formulas.orders(), &rows.training, others)?;
    let mut others = prepared.others.into_iter();
    let validation = others.next().expect("the validation rows were given");
    schema.notes.extend(prepared.preprocessing.notes());
    warnings.extend(prepared.warnings);
    let (preprocessing, training) = (prepared.preprocessing, prepared.training);
    Ok(Prepared { schema, preprocessing, training, validation, test: others.next(), rows, warnings })
}

/// Fits the preprocessing on `training_rows` of a table and applies it to them and to the other parts, as each round of
/// a cross-validation does.
///
/// ```
/// use clione::data::prepare::prepare_rows;
/// use clione::data::schema::{Choices, Schema};
/// use clione::data::table::{ReadOptions, Table};
/// let text = b"size,price\n1,10\n2,19\n3,31\n4,40\n".to_vec();
/// let table = Table::from_bytes("houses.csv", text, &ReadOptions::default())?;
/// let schema = Schema::infer(&table, &Choices::default())?;
/// let prepared = prepare_rows(&table, &schema, &Choices::default(), &[0, 2], &[&[1], &[3]])?;
/// assert_eq!((prepared.preprocessing.inputs[0].shift, prepared.others.len()), (2.0, 2));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn prepare_rows(
    table: &Table,
    schema: &Schema,
    choices: &Choices,
    training_rows: &[u32],
    other_parts: &[&[u32]],
) -> Result<PreparedRows> {
    let formulas = choices.formulas(table)?;
    let frame = formulas.frame(table, &|name| table.find(name).ok())?;
    prepare_frame(frame, schema, choices, formulas.orders(), training_rows, other_parts)
}

fn prepare_frame(
    frame: Frame,
    schema: &Schema,
    choices: &Choices,
    date_orders: &[(String, DayOrder)],
    training_rows: &[u32],
    other_parts: &[&[u32]],
) -> Result<PreparedRows> {
    let table = frame.table();
    let preprocessing = Preprocessing::fit_frame(&frame, schema, choices, date_orders, training_rows)?;
    let columns = schema.inputs.iter().map(|input| input.column).collect();
    let located = Located { frame, columns, warnings: Vec::new() };
    let mut warnings = Vec::new();
    let mut dataset = |rows: &[u32]| {
        let transformed = preprocessing.transform_located(&located, rows, Unknown::Other)?;
        warnings.extend(transformed.warnings);
        Dataset::new(transformed.inputs, preprocessing.targets(table, rows)?)
    };
    let training = dataset(training_rows)?;
    let others = other_parts.iter().map(|rows| dataset(rows)).collect::<Result<_>>()?;
    Ok(PreparedRows { preprocessing, training, others, warnings })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::error::Error;
    use crate::data::infer::Task;
    use crate::data::table::ReadOptions;
    use crate::data::treatment::Missing;

    fn prepared(text: &str) -> Result<Prepared> {
        let table = Table::from_bytes("x.csv", text.as_bytes().to_vec(), &ReadOptions::default())?;
        prepare(&table, &Choices::default(), 0.2, &Rng::new(3))
    }

    #[test]
    fn both_parts_are_prepared_with_the_numbers_of_the_training_rows() {
        let rows: String = (0..50).map(|row| format!("{},{}\n", row * row, ["a", "b"][row % 2])).collect();
        let prepared = prepared(&format!("x,y\n{rows}")).unwrap();
        let inputs = prepared.training.inputs();
        let mean: f64 = (0..40).map(|row| inputs.at(row, 0)).sum::<f64>() / 40.0;
        assert!(mean.abs() < 1e-12, "{mean}");
        assert_eq!((prepared.training.rows(), prepared.validation.rows()), (40, 10));
        let ones = prepared.validation.targets().class_numbers().unwrap().iter().filter(|&&class| class == 1).count();
        assert_eq!(ones, 5);
    }

    #[test]
    fn three_parts_share_out_the_rows_and_their_classes() {
        let rows: String = (0..100).map(|row| format!("{row},{}\n", ["a", "b"][row % 2])).collect();
        let table = Table::from_bytes("x.csv", format!("x,y\n{rows}").into_bytes(), &ReadOptions::default()).unwrap();
        let shares = Shares { validation: 0.2, test: 0.1 };
        let prepared = prepare(&table, &Choices::default(), shares, &Rng::new(3)).unwrap();
        let Parts { training, validation, test } = &prepared.rows;
        assert_eq!([training.len(), validation.len(), test.len()], [70, 20, 10]);
        let mut all = [training.as_slice(), validation, test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<u32>>());
        let held_back = prepared.test.unwrap();
        let column = &prepared.preprocessing.inputs[0];
        assert_eq!(held_back.inputs().at(0, 0), (f64::from(test[0]) - column.shift) / column.scale);
        assert_eq!(held_back.targets().class_numbers().unwrap().iter().filter(|&&class| class == 1).count(), 5);
        let refused = prepare(&table, &Choices::default(), Shares { validation: 0.5, test: 0.5 }, &Rng::new(3));
        assert_eq!(refused.unwrap_err().exit_code(), 2);
    }

    #[test]
    fn rows_that_are_not_kept_are_in_no_part() {
        let rows: String = (0..20).map(|row| format!("{row},{}.5\n", row * 3)).collect();
        let table = Table::from_bytes("x.csv", format!("x,y\n{rows}").into_bytes(), &ReadOptions::default()).unwrap();
        let choices = Choices { keep: vec!["x >= 5".into(), "y < 50".into()], ..Choices::default() };
        let prepared = prepare(&table, &choices, 0.2, &Rng::new(3)).unwrap();
        assert_eq!(prepared.schema.rows, (5..17).collect::<Vec<u32>>());
        assert_eq!(
            prepared.schema.notes,
            ["left out: 5 rows that are not x >= 5", "left out: 3 rows that are not y < 50"]
        );
    }

    #[test]
    fn fares_of_taxis_are_prepared_by_formulas() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/taxi");
        if !folder.is_dir() {
            eprintln!("skipped: {} is not there", folder.display());
            return;
        }
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<String>>();
        let city = "c3 > -74.3 and c3 < -73.6 and c5 > -74.3 and c5 < -73.6 and c4 > 40.4 and c4 < 41.1 and c6 > 40.4 and c6 < 41.1";
        let choices = Choices {
            target: "1".into(),
            ignore: texts(&["8"]),
            keep: texts(&["c1 >= 0 and c1 <= 100", city]),
            derive: texts(&[
                "trip = distance(c4, c3, c6, c5)",
                "north = c6 - c4",
                "east = c5 - c3",
                "to_kennedy = distance(c6, c5, 40.6413, -73.7781)",
                "from_kennedy = distance(c4, c3, 40.6413, -73.7781)",
                "to_newark = distance(c6, c5, 40.6895, -74.1745)",
            ]),
            ..Choices::default()
        };
        let read = |file: &str| Table::read(folder.join(file), &ReadOptions::default()).unwrap();
        let prepared = prepare(&read("taxi-train.csv"), &choices, 0.2, &Rng::new(0)).unwrap();
        assert_eq!(prepared.preprocessing.input_width(), 17);
        assert_eq!((prepared.schema.rows.len(), prepared.warnings.len()), (7326, 0), "{:?}", prepared.schema.notes);
        let later = read("taxi-test.csv");
        let (rows, _) = prepared.preprocessing.rows_to_measure(&later).unwrap();
        assert_eq!((later.rows(), rows.len()), (1572, 1570));
        let transformed = prepared.preprocessing.transform(&later, &rows, Unknown::Refuse).unwrap();
        assert_eq!((transformed.inputs.rows(), transformed.warnings.len()), (rows.len(), 0));
    }

    #[test]
    fn a_category_that_only_validation_rows_have_is_warned_of() {
        let rows: String = (0..10).map(|row| format!("only{row},{row}.5\n")).collect();
        let prepared = prepared(&format!("x,y\n{rows}")).unwrap();
        assert_eq!(prepared.warnings, ["column \"x\": 2 values unknown, all of its inputs are 0 there"]);
    }

    #[test]
    fn a_class_with_one_row_is_warned_of_and_stays_in_training() {
        let rows: String =
            (0..20).map(|row| format!("{row}.5,{}\n", if row == 0 { "rare" } else { ["a", "b"][row % 2] })).collect();
        let prepared = prepared(&format!("x,y\n{rows}")).unwrap();
        assert_eq!(prepared.warnings, ["class 'rare' has 1 row: it cannot be in both training and validation"]);
        assert!(prepared.training.targets().class_numbers().unwrap().contains(&2));
    }

    #[test]
    fn real_tables_are_understood() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        if !folder.is_dir() {
            eprintln!("skipped: {} is not there", folder.display());
            return;
        }
        let (class, number) = (Task::Classification, Task::Regression);
        // File, target, columns left out, header, task, rows, inputs, numbers for each target.
        for (file, target, ignore, header, task, rows, inputs, outputs) in [
            ("tabular/pima-indians-diabetes.csv", "-1", "", false, class, 768, 8, 1),
            ("tabular/iris.csv", "-1", "", false, class, 150, 4, 3),
            ("tabular/wine.csv", "-1", "", false, class, 178, 13, 3),
            ("tabular/sonar.csv", "-1", "", false, class, 208, 60, 1),
            ("tabular/banknote_authentication.csv", "-1", "", false, class, 1372, 4, 1),
            ("tabular/optdigits.tra", "-1", "", true, class, 3823, 64, 10),
            ("tabular/breast_cancer_wdbc.csv", "Diagnosis", "ID", true, class, 569, 30, 1),
            ("tabular/abalone.csv", "-1", "", false, number, 4177, 10, 1),
            ("tabular/winequality-red.csv", "-1", "", false, number, 1599, 11, 1),
            ("tabular/diabetes_regression.tsv", "Y", "", true, number, 442, 10, 1),
            ("tabular/california_housing.csv", "median_house_value", "", true, number, 20640, 13, 1),
            ("messy/titanic_train.csv", "Survived", "Name,Ticket,Cabin", true, class, 891, 12, 1),
            ("messy/auto_imports.csv", "-1", "", false, number, 201, 75, 1),
            ("messy/mpg.csv", "mpg", "name", true, number, 398, 9, 1),
            ("messy/taxis.csv", "total", "", true, number, 6433, 430, 1),
            ("messy/AmesHousing.csv", "SalePrice", "Order,PID", true, number, 2930, 334, 1),
            ("messy/horse-colic.csv", "23", "3", false, class, 299, 93, 3),
            ("messy/planets.csv", "distance", "", true, number, 808, 13, 1),
            ("taxi/taxi-train.csv", "1", "8", false, number, 7333, 11, 1),
            ("taxi/nyc_taxi_100k.csv.gz", "fare_amount", "1", true, number, 100000, 6, 1),
            ("taxi/nyc_taxi_duration_10k.csv", "duration", "1,2", true, number, 8000, 153, 1),
            ("timeseries/ETTh1.csv", "OT", "", true, number, 17420, 11, 1),
            ("timeseries/airline-passengers.csv", "Passengers", "", true, number, 144, 2, 1),
            ("timeseries/daily-min-temperatures.csv", "Temp", "", true, number, 3650, 4, 1),
            ("timeseries/monthly-sunspots.csv", "Sunspots", "", true, number, 2820, 2, 1),
            ("timeseries/pollution.csv", "pm2.5", "No", true, number, 41757, 14, 1),
        ] {
            let choices = Choices {
                target: target.into(),
                ignore: ignore.split(',').filter(|name| !name.is_empty()).map(String::from).collect(),
                missing: Missing::Median,
                drop_missing_target: true,
                ..Choices::default()
            };
            let read = || {
                let table = Table::read(folder.join(file), &ReadOptions::default())?;
                assert_eq!(table.has_header(), header, "{file}");
                let prepared = prepare(&table, &choices, 0.2, &Rng::new(0))?;
                // Rare categories may be held back, so the inputs are counted with all rows.
                let schema = &prepared.schema;
                Ok((Preprocessing::fit(&table, schema, &choices, &schema.rows)?.input_width(), prepared))
            };
            let (width, prepared) = read().unwrap_or_else(|error: Error| panic!("{file}: {error}"));
            assert_eq!(prepared.schema.target.task, task, "{file}: {}", prepared.schema.task_reason);
            assert_eq!((prepared.schema.rows.len(), width), (rows, inputs), "{file}");
            assert_eq!(prepared.training.targets().width(), outputs, "{file}");
            let leak = prepared.warnings.iter().find(|warning| warning.contains("was it made from the target?"));
            assert_eq!(leak, None, "{file}");
        }
    }
}
