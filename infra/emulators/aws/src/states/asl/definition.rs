//! The supported states of the Amazon States Language. An unknown field or state type is an error that names its
//! position.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A state machine, the inner state machine of a map, or a branch of a parallel state.
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
    pub processor_config: Option<ProcessorConfig>,
    /// All states by name.
    pub states: BTreeMap<String, State>,
}

/// How a map's inner state machine runs; here always in this process.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ProcessorConfig {
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
    /// Runs several state machines at the same time.
    Parallel(Box<ParallelState>),
    /// Waits.
    Wait(WaitState),
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

/// Branches that run at the same time, each with a copy of the input. The result is an array of their outputs in the order of the
/// branches. A branch that fails fails the state, and the others are stopped (Step Functions developer guide, "Parallel workflow state").
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ParallelState {
    pub branches: Vec<Definition>,
    /// Template of the result.
    pub result_selector: Option<Value>,
    /// Path at which the result is inserted; `null` discards it.
    #[serde(default, deserialize_with = "given")]
    pub result_path: Option<Option<String>>,
    /// The part of the state that is passed on; `null` passes on `{}`.
    #[serde(default, deserialize_with = "given")]
    pub output_path: Option<Option<String>>,
    /// Errors after which all branches run again.
    #[serde(default)]
    pub retry: Vec<Retrier>,
    /// Errors that lead to another state.
    #[serde(default)]
    pub catch: Vec<Catcher>,
    pub next: Option<String>,
    #[serde(default)]
    pub end: bool,
}

/// A wait of a number of seconds, which passes its input on.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct WaitState {
    pub seconds: Option<u64>,
    /// Path of the number of seconds.
    pub seconds_path: Option<String>,
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
    /// Path of the value to look at.
    pub variable: String,
    /// Expected text.
    pub string_equals: Option<String>,
    /// Whether there must be a value at the path, instead of an expected text.
    pub is_present: Option<bool>,
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
