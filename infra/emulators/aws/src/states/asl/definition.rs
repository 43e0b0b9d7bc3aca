//! The supported states of the Amazon States Language. An unknown field or state type is an error that names its
//! position.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// A state machine, or the inner state machine of a map.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Definition {
    #[serde(default, rename = "Comment")]
    _comment: String,
    /// Name of the first state.
    pub start_at: String,
    /// Timeout of the whole execution in seconds.
    pub timeout_seconds: Option<u64>,
    /// Present only in the inner state machine of a map.
    #[serde(default, rename = "ProcessorConfig")]
    _processor_config: Option<ProcessorConfig>,
    /// All states by name.
    pub states: BTreeMap<String, State>,
}

/// How a map's inner state machine runs; here always in this process.
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

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "Type")]
pub enum State {
    /// Invokes a function.
    Task(Box<TaskState>),
    /// Runs an inner state machine for each item of an object.
    Map(Box<MapState>),
    /// Selects the next state.
    Choice(ChoiceState),
    /// Ends the execution successfully.
    Succeed(SucceedState),
    /// Ends the execution with an error.
    Fail(FailState),
}

/// An invocation of a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TaskState {
    /// Always `arn:aws:states:::lambda:invoke`.
    pub resource: String,
    /// Template of the payload.
    pub parameters: Value,
    /// Timeout of the task in seconds.
    pub timeout_seconds: Option<u64>,
    /// Template of the result.
    pub result_selector: Option<Value>,
    /// Path at which the result is inserted; `null` discards it.
    #[serde(default, deserialize_with = "given")]
    pub result_path: Option<Option<String>>,
    /// The part of the state that is passed on; `null` passes on `{}`.
    #[serde(default, deserialize_with = "given")]
    pub output_path: Option<Option<String>>,
    /// Errors that are retried.
    #[serde(default)]
    pub retry: Vec<Retrier>,
    /// Errors that lead to another state.
    #[serde(default)]
    pub catch: Vec<Catcher>,
    pub next: Option<String>,
    #[serde(default)]
    pub end: bool,
}

/// A distributed map over the items of a JSON array in S3.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MapState {
    /// Location of the items.
    pub item_reader: ItemReader,
    /// Template of an item's input.
    pub item_selector: Value,
    /// State machine that processes an item.
    pub item_processor: Definition,
    /// Path of the maximum concurrency.
    pub max_concurrency_path: String,
    /// Path at which results are inserted; only `null` is supported.
    #[serde(deserialize_with = "given")]
    pub result_path: Option<Option<String>>,
    /// Errors that lead to another state.
    #[serde(default)]
    pub catch: Vec<Catcher>,
    pub next: String,
}

/// Reads the items of a map.
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

/// A choice between next states.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ChoiceState {
    /// The first choice that matches is taken.
    pub choices: Vec<ChoiceRule>,
    /// The next state if no choice matches.
    pub default: String,
}

/// An alternative of a choice state.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ChoiceRule {
    /// Path of the text to compare.
    pub variable: String,
    /// Expected text.
    pub string_equals: String,
    pub next: String,
}

/// The successful end of an execution.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SucceedState {}

/// The failed end of an execution.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FailState {
    /// Path of the error's name.
    pub error_path: String,
    /// Path of the error's cause.
    pub cause_path: String,
}

/// A retry rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Retrier {
    /// Names of the errors to retry.
    pub error_equals: Vec<String>,
    /// Seconds before the first retry.
    #[serde(default = "one")]
    pub interval_seconds: u64,
    /// Maximum number of retries.
    #[serde(default = "three")]
    pub max_attempts: u32,
    /// Factor between consecutive waits.
    #[serde(default = "two")]
    pub backoff_rate: f64,
    /// Maximum wait in seconds.
    pub max_delay_seconds: Option<u64>,
    /// AWS randomises waits; this runner always waits the full time.
    #[serde(default, rename = "JitterStrategy")]
    _jitter_strategy: String,
}

/// A catch rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Catcher {
    /// Names of the errors to catch.
    pub error_equals: Vec<String>,
    /// Path at which the error is inserted into the input.
    pub result_path: String,
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

/// Distinguishes a field that is `null` from one that is absent.
fn given<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// Parses a state machine after replacing each `${Name}` with the given value.
pub fn load(json: &str, substitutions: &[(&str, &str)]) -> Result<Definition> {
    let mut text = json.to_owned();
    for (name, value) in substitutions {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    if let Some(at) = text.find("${") {
        bail!("no value for {}", text[at..].split_inclusive('}').next().unwrap_or_default());
    }
    let definition: Definition = serde_json::from_str(&text).context("the state machine uses an unsupported feature")?;
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
                    bail!("state {name}: a map supports only a ResultPath of null");
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
    if found == known { Ok(()) } else { bail!("state {state}: the resource {found} is not supported, only {known}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYED: &str = include_str!("../../../../../archive.asl.json");
    const VALUES: [(&str, &str); 4] = [
        ("ArchiveFunctionArn", "archive"),
        ("CaptureDatabaseFunctionArn", "capture-database"),
        ("ArchivesBucket", "archives"),
        ("RunSeconds", "604800"),
    ];

    #[test]
    fn the_deployed_file_is_understood_whole() {
        load(DEPLOYED, &VALUES).expect("loads");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(load(&DEPLOYED.replace("\"ResultPath\": null", "\"HeartbeatSeconds\": 5"), &VALUES).is_err());
        assert!(load(&DEPLOYED.replace("\"Next\": \"Finish\"", "\"Next\": \"Finsh\""), &VALUES).is_err());
        assert!(load(&DEPLOYED.replace("\"Succeed\"", "\"Wait\""), &VALUES).is_err());
        assert!(load(DEPLOYED, &VALUES[..3]).is_err());
    }
}
