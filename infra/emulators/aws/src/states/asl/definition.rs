//! The states, as far as they are known. Every unknown field or kind is an error that names its place.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// A state machine, or the inner one of a map.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Definition {
    #[serde(default, rename = "Comment")]
    _comment: String,
    /// Name of the first state.
    pub start_at: String,
    /// Seconds until the whole execution is given up.
    pub timeout_seconds: Option<u64>,
    /// For a map's inner machine.
    #[serde(default, rename = "ProcessorConfig")]
    _processor_config: Option<ProcessorConfig>,
    /// All states by name.
    pub states: BTreeMap<String, State>,
}

/// How a map's inner machine runs; here always in this process.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ProcessorConfig {
    #[serde(rename = "Mode")]
    _mode: DistributedMode,
    #[serde(rename = "ExecutionType")]
    _execution_type: String,
}

#[derive(Debug, Clone, Deserialize)]
enum DistributedMode {
    #[serde(rename = "DISTRIBUTED")]
    Distributed,
}

/// One state.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "Type")]
pub enum State {
    /// Calls a function.
    Task(Box<TaskState>),
    /// Runs an inner machine for each item of an object.
    Map(Box<MapState>),
    /// Goes one way or another.
    Choice(ChoiceState),
    /// Ends well.
    Succeed(SucceedState),
    /// Ends badly.
    Fail(FailState),
}

/// A call of a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TaskState {
    /// Always `arn:aws:states:::lambda:invoke`.
    pub resource: String,
    /// Template of the call.
    pub parameters: Value,
    /// Seconds until the task is given up.
    pub timeout_seconds: Option<u64>,
    /// Template of the result.
    pub result_selector: Option<Value>,
    /// Where the result goes; `null` drops it.
    #[serde(default, deserialize_with = "given")]
    pub result_path: Option<Option<String>>,
    /// What goes on; `null` gives `{}`.
    #[serde(default, deserialize_with = "given")]
    pub output_path: Option<Option<String>>,
    /// What is tried again, and how often.
    #[serde(default)]
    pub retry: Vec<Retrier>,
    /// Where failures go.
    #[serde(default)]
    pub catch: Vec<Catcher>,
    /// The next state.
    pub next: Option<String>,
    /// Whether it is the last state.
    #[serde(default)]
    pub end: bool,
}

/// A distributed map over the items of a JSON array in S3.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MapState {
    /// Where the items are.
    pub item_reader: ItemReader,
    /// Template of an item's input.
    pub item_selector: Value,
    /// What is done with an item.
    pub item_processor: Definition,
    /// Path of the number of items at the same time.
    pub max_concurrency_path: String,
    /// Where the results go; only `null` is known.
    #[serde(deserialize_with = "given")]
    pub result_path: Option<Option<String>>,
    /// Where failures go.
    #[serde(default)]
    pub catch: Vec<Catcher>,
    /// The next state.
    pub next: String,
}

/// Reads the items.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ItemReader {
    /// Always `arn:aws:states:::s3:getObject`.
    pub resource: String,
    #[serde(rename = "ReaderConfig")]
    _reader_config: ReaderConfig,
    /// Template of bucket and key.
    pub parameters: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ReaderConfig {
    #[serde(rename = "InputType")]
    _input_type: JsonItems,
}

#[derive(Debug, Clone, Deserialize)]
enum JsonItems {
    #[serde(rename = "JSON")]
    Json,
}

/// A fork.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ChoiceState {
    /// The first of these that holds is taken.
    pub choices: Vec<Choice>,
    /// The next state when none holds.
    pub default: String,
}

/// One way of a fork.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Choice {
    /// Path of the text that is looked at.
    pub variable: String,
    /// The text that it must be.
    pub string_equals: String,
    /// The next state.
    pub next: String,
}

/// The good end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SucceedState {}

/// The bad end.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FailState {
    /// Where the error's name is.
    pub error_path: String,
    /// Where its cause is.
    pub cause_path: String,
}

/// What is tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Retrier {
    /// Names of errors.
    pub error_equals: Vec<String>,
    /// Seconds before the first repeat.
    #[serde(default = "one")]
    pub interval_seconds: u64,
    /// Most repeats.
    #[serde(default = "three")]
    pub max_attempts: u32,
    /// Factor from one wait to the next.
    #[serde(default = "two")]
    pub backoff_rate: f64,
    /// Longest wait.
    pub max_delay_seconds: Option<u64>,
    /// Spreads waits on AWS; here the full wait is taken.
    #[serde(default, rename = "JitterStrategy")]
    _jitter_strategy: String,
}

/// Where a failure goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Catcher {
    /// Names of errors.
    pub error_equals: Vec<String>,
    /// Where the error is put into the input.
    pub result_path: String,
    /// The next state.
    pub next: String,
}

fn one() -> u64 {
    1
}

fn three() -> u32 {
    3
}

fn two() -> f64 {
    2.0
}

/// Tells a field that is `null` from one that is not there.
fn given<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// Reads a state machine, with `${Name}` replaced by the values given.
pub fn load(json: &str, substitutions: &[(&str, &str)]) -> Result<Definition> {
    let mut text = json.to_owned();
    for (name, value) in substitutions {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    if let Some(at) = text.find("${") {
        bail!("no value for {}", text[at..].split_inclusive('}').next().unwrap_or_default());
    }
    let definition: Definition = serde_json::from_str(&text).context("the state machine has a part that is not known here")?;
    check(&definition)?;
    Ok(definition)
}

fn check(definition: &Definition) -> Result<()> {
    let known = |name: &str| match definition.states.contains_key(name) {
        true => Ok(()),
        false => bail!("there is no state {name}"),
    };
    known(&definition.start_at)?;
    for (name, state) in &definition.states {
        match state {
            State::Task(task) => {
                match (&task.next, task.end) {
                    (Some(next), false) => known(next)?,
                    (None, true) => {}
                    _ => bail!("state {name} needs either Next or End"),
                }
                task.catch.iter().try_for_each(|catcher| known(&catcher.next))?;
                require(name, &task.resource, "arn:aws:states:::lambda:invoke")?;
            }
            State::Map(map) => {
                known(&map.next)?;
                map.catch.iter().try_for_each(|catcher| known(&catcher.next))?;
                require(name, &map.item_reader.resource, "arn:aws:states:::s3:getObject")?;
                if map.result_path != Some(None) {
                    bail!("state {name}: only a ResultPath of null is known for a map");
                }
                check(&map.item_processor)?;
            }
            State::Choice(choice) => {
                known(&choice.default)?;
                choice.choices.iter().try_for_each(|choice| known(&choice.next))?;
            }
            State::Succeed(_) | State::Fail(_) => {}
        }
    }
    Ok(())
}

fn require(state: &str, found: &str, known: &str) -> Result<()> {
    if found == known { Ok(()) } else { bail!("state {state}: only the resource {known} is known, not {found}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYED: &str = include_str!("../../../../../archive.asl.json");
    const VALUES: [(&str, &str); 2] = [("ArchiveFunctionArn", "archive"), ("ArchivesBucket", "archives")];

    #[test]
    fn the_deployed_file_is_understood_whole() {
        load(DEPLOYED, &VALUES).expect("loads");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(load(&DEPLOYED.replace("\"ResultPath\": null", "\"HeartbeatSeconds\": 5"), &VALUES).is_err());
        assert!(load(&DEPLOYED.replace("\"Next\": \"Finish\"", "\"Next\": \"Finsh\""), &VALUES).is_err());
        assert!(load(&DEPLOYED.replace("\"Succeed\"", "\"Wait\""), &VALUES).is_err());
        assert!(load(DEPLOYED, &VALUES[..1]).is_err());
    }
}
