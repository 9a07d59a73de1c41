//! The description of a model as JSON: everything of it but the numbers of its parameters.

// Long because: each part of the description is written and read beside the other.

use super::check::Parts;
use super::{FORMAT_VERSION, Facts, SavedModel, Source};
use crate::base::error::{Error, Result};
use crate::base::shape::Shape;
use crate::data::cell::{CellFormat, NumberFormat};
use crate::data::date::{DatePart, DayOrder};
use crate::data::disguise::NumberColumn;
use crate::data::infer::{Kind, Task};
use crate::data::preprocess::{FittedPart, InputColumn, Preprocessing};
use crate::data::target::{TargetColumn, TargetTreatment};
use crate::data::treatment::{Fill, Missing, Treatment};
use crate::nn::loss::Loss;
use crate::nn::network::{Network, Origin};
use crate::nn::settings::{Setting, Settings};
use crate::train::evaluate::Baseline;
use crate::train::linear::{Answer, Linear};
use crate::train::metric::Decision;
use crate::train::recipe::Precision;
use serde_json::{Map, Value, json};

/// A model without its numbers.
pub(super) struct Description {
    pub precision: Precision,
    pub network: Network,
    pub source: Source,
    pub loss: Loss,
    pub baseline: Baseline,
    pub linear: Option<Linear>,
    pub decision: Decision,
    pub recipe: String,
    pub facts: Facts,
}

impl Description {
    /// What has to fit each other.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            precision: self.precision,
            network: &self.network,
            source: &self.source,
            loss: self.loss,
            baseline: &self.baseline,
            linear: self.linear.as_ref(),
            recipe: &self.recipe,
            facts: &self.facts,
        }
    }
}

/// The key of the checksum; its value is over the text without it.
const CHECKSUM: &str = "checksum";

/// The description of a model as text; keys are sorted, so the same model gives the same text.
pub(super) fn write(model: &SavedModel) -> String {
    json!({
        "format_version": FORMAT_VERSION,
        "written_by": concat!("clione ", env!("CARGO_PKG_VERSION")),
        "precision": model.weights.precision().name(),
        "network": write_network(model.weights.network()),
        "source": write_source(&model.source),
        "loss": model.loss.name(),
        "baseline": match &model.baseline {
            Baseline::Frequencies(frequencies) => json!({ "frequencies": frequencies }),
            Baseline::Mean(mean) => json!({ "mean": mean }),
        },
        "linear_model": model.linear.as_ref().map(|linear| linear.coefficients.as_slice()),
        "threshold": model.decision.threshold(),
        "recipe": model.recipe,
        "facts": {
            "training_rows": model.facts.training_rows,
            "validation_rows": model.facts.validation_rows,
            "epochs": model.facts.epochs,
            "best_epoch": model.facts.best_epoch,
            "metrics": model.facts.metrics.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
        },
    })
    .to_string()
}

/// A text with a checksum put in.
pub(super) fn seal(text: &str, checksum: u64) -> String {
    let mut value: Value = serde_json::from_str(text).expect("the text was written as JSON just now");
    value[CHECKSUM] = json!(format!("{checksum:016x}"));
    value.to_string()
}

/// The text without its checksum, and the checksum.
pub(super) fn unseal(text: &str) -> Result<(String, String)> {
    let mut value: Value =
        serde_json::from_str(text).map_err(|error| Error::model(format!("its description is damaged: {error}")))?;
    let checksum = value.as_object_mut().and_then(|object| object.remove(CHECKSUM));
    match checksum {
        Some(Value::String(checksum)) => Ok((value.to_string(), checksum)),
        _ => Err(Error::model("its description is damaged: it has no checksum")),
    }
}

/// Fails when the format is newer than this program. To be asked before anything else is believed.
pub(super) fn check_version(text: &str, newest: u64) -> Result<()> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    match value["format_version"].as_u64() {
        Some(version) if (1..=newest).contains(&version) => Ok(()),
        Some(version) => Err(Error::model(format!(
            "has format version {version}, but this program ({}) reads up to version {newest}",
            env!("CARGO_PKG_VERSION")
        ))
        .remedy("cargo install clione-cli, for a newer program")),
        None => Err(Error::model("its description has no format version")),
    }
}

/// Reads what [`write`] wrote.
pub(super) fn read(text: &str) -> Result<Description> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| Error::model(format!("its description is damaged: {error}")))?;
    let root = Reader { value: &value, path: "" };
    let precision = root.text("precision")?;
    let loss = root.text("loss")?;
    let facts = root.part("facts")?;
    let source = read_source(&root.part("source")?)?;
    Ok(Description {
        precision: Precision::named(precision).ok_or_else(|| root.wrong("precision", "f32 or f64"))?,
        network: read_network(&root.part("network")?)?,
        linear: read_linear(&root, &source)?,
        decision: read_decision(&root, &source)?,
        source,
        loss: Loss::named(loss).ok_or_else(|| root.wrong("loss", "a loss that this program has"))?,
        baseline: read_baseline(&root.part("baseline")?)?,
        recipe: root.text("recipe")?.to_owned(),
        facts: Facts {
            training_rows: facts.count("training_rows")?,
            validation_rows: facts.count("validation_rows")?,
            epochs: facts.count("epochs")?,
            best_epoch: facts.count_or_none("best_epoch")?,
            metrics: facts.list("metrics", |pair| Some((pair[0].as_str()?.to_owned(), pair[1].as_f64()?)))?,
        },
    })
}

fn write_network(network: &Network) -> Value {
    let inputs: Vec<Value> =
        network.inputs().map(|(name, shape)| json!({ "name": name, "shape": shape.sizes() })).collect();
    let layers: Vec<Value> = network
        .layers()
        .iter()
        .map(|named| {
            let settings: Map<String, Value> = named
                .layer
                .settings()
                .into_iter()
                .map(|(name, setting)| (name.to_owned(), write_setting(setting)))
                .collect();
            json!({ "name": named.name, "kind": named.layer.kind(), "settings": settings })
        })
        .collect();
    let applied: Vec<Value> = network
        .values()
        .iter()
        .filter_map(|origin| match origin {
            Origin::Input(..) => None,
            Origin::Layer(number, from) => {
                let from: Vec<usize> = from.iter().map(|value| value.position()).collect();
                Some(json!({ "layer": number, "from": from }))
            }
        })
        .collect();
    let outputs: Vec<usize> = network.output_positions().collect();
    json!({ "inputs": inputs, "layers": layers, "applied": applied, "outputs": outputs })
}

fn write_setting(setting: Setting) -> Value {
    match setting {
        Setting::Number(number) => json!(number),
        Setting::Flag(flag) => json!(flag),
        Setting::Text(text) => json!(text),
    }
}

fn read_network(part: &Reader<'_>) -> Result<Network> {
    let inputs = part.list("inputs", |input| {
        let sizes: Vec<usize> = counts(&input["shape"])?;
        let fits = (1..=3).contains(&sizes.len()) && sizes.iter().all(|&size| size > 0 && size < 1 << 32);
        fits.then(|| Some((input["name"].as_str()?.to_owned(), Shape::new(&sizes))))?
    })?;
    let layers = part.list("layers", |layer| {
        let (name, kind) = (layer["name"].as_str()?.to_owned(), layer["kind"].as_str()?.to_owned());
        let settings: Option<Vec<(String, Setting)>> = layer["settings"]
            .as_object()?
            .iter()
            .map(|(name, value)| Some((name.clone(), read_setting(value)?)))
            .collect();
        let settings = Settings::new(format!("layer `{name}`"), settings?);
        Some((name, kind, settings))
    })?;
    let applied =
        part.list("applied", |applied| Some((applied["layer"].as_u64()? as usize, counts(&applied["from"])?)))?;
    let outputs = part.list("outputs", |output| Some(output.as_u64()? as usize))?;
    Network::from_parts(&inputs, &layers, &applied, &outputs)
}

fn read_setting(value: &Value) -> Option<Setting> {
    match value {
        Value::Number(number) => number.as_f64().map(Setting::Number),
        Value::Bool(flag) => Some(Setting::Flag(*flag)),
        Value::String(text) => Some(Setting::Text(text.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn write_source(source: &Source) -> Value {
    match source {
        Source::Images { height, width, classes } => {
            json!({ "images": { "height": height, "width": width, "classes": classes } })
        }
        Source::Table(Preprocessing { inputs, target, columns, header, derive, keep, date_orders, numbers }) => {
            let inputs: Vec<Value> = inputs
                .iter()
                .map(|column| {
                    json!({
                        "name": column.name,
                        "kind": column.kind.name(),
                        "treatment": column.treatment.name(),
                        "shift": column.shift,
                        "scale": column.scale,
                        "categories": column.categories,
                        "other": column.other,
                        "day_order": column.day_order.name(),
                        "parts": column.parts.iter().map(write_part).collect::<Vec<_>>(),
                        "missing": column.missing.name(),
                        "fill": column.fill,
                        "usual": column.usual,
                        "indicator": column.indicator,
                        "zero_is_missing": column.zero_is_missing,
                    })
                })
                .collect();
            let target = json!({
                "name": target.name,
                "kind": target.kind.name(),
                "task": target.task.name(),
                "classes": target.classes,
                "treatment": target.treatment.name(),
                "mean": target.mean,
                "scale": target.scale,
            });
            let orders = date_orders.iter().map(|(name, order)| json!([name, order.name()])).collect::<Vec<_>>();
            json!({ "table": {
                "inputs": inputs,
                "target": target,
                "columns": columns,
                "header": header,
                "derive": derive,
                "keep": keep,
                "date_orders": orders,
                "numbers": numbers.iter().map(write_number_column).collect::<Vec<_>>(),
            } })
        }
    }
}

fn write_number_column(column: &NumberColumn) -> Value {
    let format = column.format.unwrap_or(CellFormat::PLAIN.number);
    json!({
        "column": column.column,
        "sign": column.sign,
        "decimal": format.decimal,
        "thousands": format.thousands,
    })
}

/// The decimal mark and the mark of thousands are single characters.
fn read_number_column(value: &Value) -> Option<NumberColumn> {
    let character = |key: &str| {
        let mut characters = value[key].as_str()?.chars();
        characters.next().filter(|_| characters.next().is_none())
    };
    let decimal = character("decimal").filter(|decimal| matches!(decimal, '.' | ','))?;
    let thousands = match &value["thousands"] {
        Value::Null => None,
        _ => Some(character("thousands").filter(|thousands| *thousands != decimal)?),
    };
    let sign = match &value["sign"] {
        Value::Null => None,
        sign => Some(sign.as_str()?.to_owned()),
    };
    let format = Some(NumberFormat { decimal, thousands });
    Some(NumberColumn { column: value["column"].as_str()?.to_owned(), sign, format })
}

fn write_part(fitted: &FittedPart) -> Value {
    json!({ "part": fitted.part.name(), "shift": fitted.shift, "scale": fitted.scale })
}

/// Models that were written before there were dates, formulas and treatments of single columns lack the keys of these:
/// nothing of it was done, and one treatment of missing values held for all columns.
fn read_source(part: &Reader<'_>) -> Result<Source> {
    if part.value["images"].is_object() {
        let images = part.part("images")?;
        let classes = images.list("classes", |name| Some(name.as_str()?.to_owned()))?;
        let (height, width) = (images.count("height")?, images.count("width")?);
        if height.checked_mul(width).is_none() {
            return Err(images.wrong("height", "a number of pixels that a machine can count"));
        }
        return Ok(Source::Images { height, width, classes });
    }
    let table = part.part("table")?;
    let missing_of_all = table.text_or("missing", Missing::Refuse.name())?;
    let inputs = table.value["inputs"].as_array().ok_or_else(|| table.wrong("inputs", "a list"))?;
    let inputs = inputs.iter().map(|value| {
        let column = Reader { value, path: "source.table.inputs" };
        Ok(InputColumn {
            name: column.text("name")?.to_owned(),
            kind: Kind::named(column.text("kind")?)?,
            treatment: Treatment::named(column.text("treatment")?)?,
            shift: column.number("shift")?,
            scale: column.number("scale")?,
            categories: column.list("categories", |name| Some(name.as_str()?.to_owned()))?,
            other: column.flag_or_no("other")?,
            day_order: DayOrder::named(column.text_or("day_order", DayOrder::YearFirst.name())?)?,
            parts: column.list_or_empty("parts", |fitted| {
                let (shift, scale) = (fitted["shift"].as_f64()?, fitted["scale"].as_f64()?);
                Some(FittedPart { part: DatePart::named(fitted["part"].as_str()?).ok()?, shift, scale })
            })?,
            missing: Fill::named(column.text_or("missing", missing_of_all)?)?,
            fill: column.number_or_none("fill")?,
            usual: column.number_or_none("usual")?,
            indicator: column.flag("indicator")?,
            zero_is_missing: column.flag("zero_is_missing")?,
        })
    });
    let inputs = inputs.collect::<Result<Vec<_>>>()?;
    let target = table.part("target")?;
    Ok(Source::Table(Preprocessing {
        inputs,
        target: TargetColumn {
            name: target.text("name")?.to_owned(),
            kind: Kind::named(target.text("kind")?)?,
            task: Task::named(target.text("task")?)?,
            classes: target.list("classes", |name| Some(name.as_str()?.to_owned()))?,
            treatment: TargetTreatment::named(target.text_or("treatment", TargetTreatment::Standardise.name())?)?,
            mean: target.number("mean")?,
            scale: target.number("scale")?,
        },
        columns: table.list("columns", |name| Some(name.as_str()?.to_owned()))?,
        header: table.flag("header")?,
        derive: table.list_or_empty("derive", |text| Some(text.as_str()?.to_owned()))?,
        keep: table.list_or_empty("keep", |text| Some(text.as_str()?.to_owned()))?,
        date_orders: table.list_or_empty("date_orders", |pair| {
            Some((pair[0].as_str()?.to_owned(), DayOrder::named(pair[1].as_str()?).ok()?))
        })?,
        numbers: table.list_or_empty("numbers", read_number_column)?,
    }))
}

fn read_baseline(part: &Reader<'_>) -> Result<Baseline> {
    match part.number_or_none("mean")? {
        Some(mean) => Ok(Baseline::Mean(mean)),
        None => Ok(Baseline::Frequencies(part.list("frequencies", Value::as_f64)?)),
    }
}

/// The threshold of two classes; most files have none.
fn read_decision(root: &Reader<'_>, source: &Source) -> Result<Decision> {
    const KEY: &str = "threshold";
    if root.value[KEY].is_null() {
        return Ok(Decision::MostProbable);
    }
    let threshold = root.value[KEY].as_f64().filter(|at| (0.0..=1.0).contains(at) && source.classes().len() == 2);
    threshold.map(Decision::Threshold).ok_or_else(|| root.wrong(KEY, "a number from 0 to 1, for two classes"))
}

/// The linear model; a file from before there was one has none.
fn read_linear(root: &Reader<'_>, source: &Source) -> Result<Option<Linear>> {
    const KEY: &str = "linear_model";
    if root.value[KEY].is_null() {
        return Ok(None);
    }
    let coefficients = root.list(KEY, Value::as_f64)?;
    let answer = match source.classes().len() {
        0 => Answer::Number,
        classes => Answer::Classes(classes),
    };
    let width = source.example().elements();
    if coefficients.len() != answer.outputs().saturating_mul(width.saturating_add(1)) {
        return Err(root.wrong(KEY, "a weight for each input and an intercept"));
    }
    Ok(Some(Linear { answer, width, coefficients }))
}

fn counts(value: &Value) -> Option<Vec<usize>> {
    value.as_array()?.iter().map(|count| Some(count.as_u64()? as usize)).collect()
}

/// A part of the description, and where it stands, for errors.
pub(super) struct Reader<'a> {
    pub value: &'a Value,
    pub path: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn part(&self, key: &'a str) -> Result<Reader<'a>> {
        let value = &self.value[key];
        if value.is_object() { Ok(Reader { value, path: key }) } else { Err(self.wrong(key, "an object")) }
    }

    pub(super) fn text(&self, key: &str) -> Result<&'a str> {
        self.value[key].as_str().ok_or_else(|| self.wrong(key, "a text"))
    }

    /// A text that older models lack.
    fn text_or(&self, key: &str, usual: &'a str) -> Result<&'a str> {
        if self.value[key].is_null() { Ok(usual) } else { self.text(key) }
    }

    pub(super) fn number(&self, key: &str) -> Result<f64> {
        self.value[key].as_f64().ok_or_else(|| self.wrong(key, "a number"))
    }

    /// A number, or nothing where it stands for that.
    fn number_or_none(&self, key: &str) -> Result<Option<f64>> {
        if self.value[key].is_null() { Ok(None) } else { self.number(key).map(Some) }
    }

    /// A whole number, or nothing where it stands for that.
    pub(super) fn count_or_none(&self, key: &str) -> Result<Option<usize>> {
        if self.value[key].is_null() { Ok(None) } else { self.count(key).map(Some) }
    }

    pub(super) fn count(&self, key: &str) -> Result<usize> {
        self.value[key].as_u64().map(|count| count as usize).ok_or_else(|| self.wrong(key, "a whole number"))
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool> {
        self.value[key].as_bool().ok_or_else(|| self.wrong(key, "true or false"))
    }

    /// A flag that older models lack.
    fn flag_or_no(&self, key: &str) -> Result<bool> {
        if self.value[key].is_null() { Ok(false) } else { self.flag(key) }
    }

    /// A list that older models lack.
    fn list_or_empty<T>(&self, key: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>> {
        if self.value[key].is_null() { Ok(Vec::new()) } else { self.list(key, read) }
    }

    pub(super) fn list<T>(&self, key: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>> {
        let items = self.value[key].as_array().ok_or_else(|| self.wrong(key, "a list"))?;
        items.iter().map(read).collect::<Option<Vec<T>>>().ok_or_else(|| self.wrong(key, "a list of another kind"))
    }

    pub(super) fn wrong(&self, key: &str, expected: &str) -> Error {
        Error::model(format!("its description is damaged: `{}.{key}` is not {expected}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::prepare::prepare_rows;
    use crate::data::schema::{Choices, Schema};
    use crate::data::table::{ReadOptions, Table};
    use crate::data::treatment::{Treat, Unknown, by_column};

    const TABLE: &str = "age,city,size,when,kind,price\n1,Rome,small,3/4/19,a,10\n?,Oslo,large,3/23/19,,20\n\
                         3,Rome,small,3/5/19,a,30\n8,Bern,large,4/6/19,b,45.5\n";

    fn preprocessing(choices: &Choices) -> (Table, Preprocessing) {
        let table = Table::from_bytes("x.csv", TABLE.as_bytes().to_vec(), &ReadOptions::default()).unwrap();
        let schema = Schema::infer(&table, choices).unwrap();
        let prepared = prepare_rows(&table, &schema, choices, &schema.rows, &[]).unwrap();
        (table, prepared.preprocessing)
    }

    fn read_back(written: &Value) -> Source {
        read_source(&Reader { value: written, path: "source" }).unwrap()
    }

    #[test]
    fn all_that_was_fitted_to_columns_comes_back() {
        let (_, preprocessing) = preprocessing(&Choices {
            missing: Missing::Indicator,
            fill: by_column("age=0", Fill::named).unwrap(),
            treat: by_column("size=ordinal(small<large),age=robust", Treat::named).unwrap(),
            rare: 2,
            log_target: true,
            derive: vec!["`in week` = weekday(when)".to_owned(), "old = age ^ 2".to_owned()],
            keep: vec!["price > 0".to_owned()],
            ..Choices::default()
        });
        assert!(preprocessing.inputs.iter().any(|input| input.other));
        assert_eq!(preprocessing.date_orders, [("when".to_owned(), DayOrder::MonthFirst)]);
        let source = Source::Table(preprocessing);
        let text = write_source(&source).to_string();
        assert_eq!(read_back(&serde_json::from_str(&text).unwrap()), source);
    }

    #[test]
    fn a_model_from_before_formulas_and_dates_keeps_its_meaning() {
        let choices = Choices { missing: Missing::Median, ignore: vec!["when".to_owned()], ..Choices::default() };
        let (table, preprocessing) = preprocessing(&choices);
        let mut written = write_source(&Source::Table(preprocessing.clone()));
        let old = written["table"].as_object_mut().unwrap();
        ["derive", "keep", "date_orders"].iter().for_each(|key| drop(old.remove(*key)));
        old.insert("missing".to_owned(), json!("median"));
        drop(old["target"].as_object_mut().unwrap().remove("treatment"));
        for input in old["inputs"].as_array_mut().unwrap() {
            let input = input.as_object_mut().unwrap();
            ["other", "day_order", "parts", "missing"].iter().for_each(|key| drop(input.remove(*key)));
        }
        let Source::Table(read) = read_back(&written) else { panic!("a table") };
        assert_eq!(read, preprocessing);
        let rows = [0, 1, 2, 3];
        let numbers = |preprocessing: &Preprocessing| preprocessing.transform(&table, &rows, Unknown::Refuse).unwrap();
        assert_eq!(numbers(&read), numbers(&preprocessing));
    }
}
