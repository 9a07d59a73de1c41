//! The whole way from a table to training and validation rows in one call.

use crate::base::error::Result;
use crate::base::rng::Rng;
use crate::data::dataset::{Dataset, Targets};
use crate::data::preprocess::Preprocessing;
use crate::data::schema::{Choices, Schema};
use crate::data::split::{small_classes, split};
use crate::data::table::Table;
use crate::data::treatment::Unknown;

/// Rows to learn from and rows held back, both prepared with what was measured on the first.
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
    /// What may be wrong with the split and the prepared rows.
    pub warnings: Vec<String>,
}

/// Infers the schema, holds back a share of the rows (stratified by class), fits the preprocessing on the other rows
/// and applies it to both. A category that only rows held back have is none of the known ones there.
///
/// ```
/// use clione::base::rng::Rng;
/// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
/// let text = b"size,price\n1,10\n2,19\n3,31\n4,40\n5,52\n".to_vec();
/// let table = Table::from_bytes("houses.csv", text, &ReadOptions::default())?;
/// let prepared = prepare(&table, &Choices::default(), 0.2, &Rng::new(1))?;
/// assert_eq!((prepared.training.rows(), prepared.validation.rows()), (4, 1));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn prepare(table: &Table, choices: &Choices, validation: f64, rng: &Rng) -> Result<Prepared> {
    let schema = Schema::infer(table, choices)?;
    let targets = schema.target.read(table, table.find(&schema.target.name)?, &schema.rows)?;
    let mut warnings = Vec::new();
    if let Targets::Classes { numbers, names } = &targets {
        warnings = small_classes(numbers, names);
    }
    let parts = split(schema.rows.len(), validation, targets.class_numbers(), rng)
        .map_err(|error| error.in_file(table.source()))?;
    let rows_of = |part: &[u32]| -> Vec<u32> { part.iter().map(|&index| schema.rows[index as usize]).collect() };
    let (training_rows, validation_rows) = (rows_of(&parts.training), rows_of(&parts.validation));
    let preprocessing = Preprocessing::fit(table, &schema, choices, &training_rows)?;
    let mut dataset = |rows: &[u32]| {
        let transformed = preprocessing.transform(table, rows, Unknown::Other)?;
        warnings.extend(transformed.warnings);
        Dataset::new(transformed.inputs, preprocessing.targets(table, rows)?)
    };
    let (training, validation) = (dataset(&training_rows)?, dataset(&validation_rows)?);
    Ok(Prepared { schema, preprocessing, training, validation, warnings })
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
            ("messy/titanic_train.csv", "Survived", "Name,Ticket,Cabin", true, class, 891, 11, 1),
            ("messy/auto_imports.csv", "-1", "", false, number, 201, 74, 1),
            ("messy/mpg.csv", "mpg", "name", true, number, 398, 9, 1),
            ("messy/taxis.csv", "total", "pickup,dropoff,3", true, number, 6433, 414, 1),
            ("taxi/taxi-train.csv", "1", "2,8", false, number, 7333, 5, 1),
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
        }
    }
}
