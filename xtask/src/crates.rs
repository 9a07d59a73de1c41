//! How many crates clione is built from.
//!
//! What their licences allow and where they come from is in `deny.toml`.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What `cargo build` at the root compiles stays below this many foreign crates.
const MOST_CRATES: usize = 120;

/// `cargo xtask crates`.
pub fn run(_: &[String]) -> Result<(), String> {
    let built = built(&metadata()?).len();
    if built >= MOST_CRATES {
        return Err(format!("the default build has {built} foreign crates, {MOST_CRATES} are too many"));
    }
    println!("{built} foreign crates in the default build (fewer than {MOST_CRATES})");
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
