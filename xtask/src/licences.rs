//! The crates that clione is built from: what their licences allow, where they come from, how many they are.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Licences that allow what both of ours allow.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// The only place that foreign crates come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What `cargo build` at the root compiles stays below this many foreign crates.
const MOST_CRATES: usize = 120;

/// `cargo xtask licences`.
pub fn run(_: &[String]) -> Result<(), String> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    let mut problems: Vec<String> = packages.iter().filter_map(problem_with).collect();
    let (foreign, built) = (packages.iter().filter(|package| !package["source"].is_null()).count(), built(&metadata));
    if built.len() >= MOST_CRATES {
        problems.push(format!("the default build has {} foreign crates, {MOST_CRATES} are too many", built.len()));
    }
    println!("{foreign} foreign crates, {} of them in the default build (fewer than {MOST_CRATES})", built.len());
    several_versions(packages).iter().for_each(|(name, versions)| println!("note: {name} in versions {versions}"));
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// What cargo knows about the packages that this machine would compile.
fn metadata() -> Result<Value, String> {
    let rustc = Command::new("rustc").args(["--print", "host-tuple"]).output().map_err(|error| error.to_string())?;
    let host = String::from_utf8_lossy(&rustc.stdout).trim().to_owned();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host]);
    let output = command.current_dir(crate::root()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// Why a package may not be used, if so.
fn problem_with(package: &Value) -> Option<String> {
    let name = format!("{} {}", package["name"].as_str()?, package["version"].as_str()?);
    match package["source"].as_str() {
        Some(source) if source != REGISTRY => {
            return Some(format!("{name} comes from {source}, not from the crate index"));
        }
        _ => {}
    }
    match package["license"].as_str() {
        None => Some(format!("{name} names no licence")),
        Some(licence) if !allows(licence) => {
            Some(format!("{name} is under {licence}, which is not among those allowed"))
        }
        Some(_) => None,
    }
}

/// Whether an SPDX expression lets clione choose allowed licences: any side of an OR (once written `/`), both of an AND.
fn allows(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(&mut rest) && rest.is_empty()
}

fn any_of(words: &mut &[&str]) -> bool {
    let mut allowed = all_of(words);
    while let Some(after) = words.strip_prefix(&["OR"]) {
        *words = after;
        allowed |= all_of(words);
    }
    allowed
}

fn all_of(words: &mut &[&str]) -> bool {
    let mut allowed = one(words);
    while let Some(after) = words.strip_prefix(&["AND"]) {
        *words = after;
        allowed &= one(words);
    }
    allowed
}

fn one(words: &mut &[&str]) -> bool {
    if let Some(after) = words.strip_prefix(&["("]) {
        *words = after;
        let allowed = any_of(words);
        *words = words.strip_prefix(&[")"]).unwrap_or(words);
        return allowed;
    }
    let (name, after) = match *words {
        [licence, "WITH", exception, after @ ..] => (format!("{licence} WITH {exception}"), after),
        [licence, after @ ..] => ((*licence).to_owned(), after),
        [] => return false,
    };
    *words = after;
    ALLOWED.contains(&name.as_str())
}

/// The foreign packages that a plain `cargo build` compiles: everything below the default members, tests' needs left out.
fn built(metadata: &Value) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let nodes: BTreeMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|node| (text(&node["id"]), node)).collect();
    let mut waiting: Vec<String> = list(&metadata["workspace_default_members"]).iter().map(text).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        for dependency in nodes.get(&id).map(|node| list(&node["deps"])).unwrap_or_default() {
            let is_built = list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
            if is_built && !seen.contains(&text(&dependency["pkg"])) {
                waiting.push(text(&dependency["pkg"]));
            }
        }
        seen.insert(id);
    }
    seen.retain(|id| !id.starts_with("path+"));
    seen
}

/// Crates that are there in more than one version.
fn several_versions(packages: &[Value]) -> Vec<(String, String)> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        let (name, version) = (package["name"].as_str(), package["version"].as_str());
        versions.entry(name.unwrap_or_default()).or_default().push(version.unwrap_or_default());
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several.map(|(name, versions)| (name.to_owned(), versions.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_expression_is_allowed_when_a_choice_of_allowed_licences_fulfils_it() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(allows(good), "{good}");
        }
        for bad in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR ISC) AND (GPL-3.0 OR AGPL-3.0)",
            "MIT MIT",
            "",
            "Apache-2.0 WITH other",
        ] {
            assert!(!allows(bad), "{bad}");
        }
    }

    #[test]
    fn a_package_from_elsewhere_or_without_a_licence_is_a_problem() {
        let package = |source: &str, licence: Value| json!({"name": "a", "version": "1.0.0", "source": source, "license": licence});
        assert_eq!(problem_with(&package(REGISTRY, json!("MIT"))), None);
        assert!(problem_with(&package("git+https://a.b/c", json!("MIT"))).unwrap().contains("comes from"));
        assert_eq!(problem_with(&package(REGISTRY, Value::Null)).unwrap(), "a 1.0.0 names no licence");
    }

    #[test]
    fn what_only_tests_need_is_not_in_the_default_build() {
        let dependency = |id: &str, kind: Value| json!({"pkg": id, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "workspace_default_members": ["path+a"],
            "resolve": {"nodes": [
                {"id": "path+a", "deps": [dependency("b", Value::Null), dependency("c", json!("dev")), dependency("d", json!("build"))]},
                {"id": "b", "deps": [dependency("e", Value::Null)]},
                {"id": "c", "deps": [dependency("f", Value::Null)]},
            ]},
        });
        assert_eq!(built(&metadata).into_iter().collect::<Vec<_>>(), ["b", "d", "e"]);
    }
}
