//! Runs a state machine: states in sequence, the items of a map concurrently, with the retries and catches of the file.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::definition::{Catcher, ChoiceState, Definition, FailState, MapState, Retrier, State, TaskState};
use super::paths::{Scope, fill, put, read};

/// The error of a task, a map or an execution, as `Retry` and `Catch` match it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub struct StateError {
    pub error: String,
    pub cause: String,
}

impl StateError {
    fn runtime(cause: &anyhow::Error) -> Self {
        Self { error: "States.Runtime".to_owned(), cause: format!("{cause:#}") }
    }
}

/// Services that states invoke.
#[async_trait]
pub trait ServiceIntegrations: Send + Sync {
    /// Invokes a function with a payload.
    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, StateError>;
    /// Reads the items of a map.
    async fn items(&self, bucket: &str, key: &str) -> Result<Vec<Value>, StateError>;
}

/// Runs executions.
#[derive(Clone)]
pub struct Interpreter {
    services: Arc<dyn ServiceIntegrations>,
    max_at_once: usize,
    /// Number of seconds by the service's clock per second of real time.
    speed: f64,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What follows a state.
enum Step {
    Next(String, Value),
    End(Value),
}

impl Interpreter {
    /// Creates a runner with at most `max_at_once` concurrent items per map. Waits are divided by `speed`.
    pub fn new(services: Arc<dyn ServiceIntegrations>, max_at_once: usize, speed: f64) -> Self {
        Self { services, max_at_once, speed }
    }

    /// Runs a state machine from its first state to its end, as the execution with that name.
    pub async fn execute(&self, machine: &Definition, name: &str, input: Value) -> Result<Value, StateError> {
        self.machine(machine, Some(&Value::from(name)), input).await
    }

    fn machine<'a>(
        &'a self,
        machine: &'a Definition,
        execution: Option<&'a Value>,
        input: Value,
    ) -> Boxed<'a, Result<Value, StateError>> {
        Box::pin(async move {
            let running = self.run_states(machine, execution, input);
            within(machine.timeout_seconds, running).await
        })
    }

    async fn run_states(&self, machine: &Definition, execution: Option<&Value>, input: Value) -> Result<Value, StateError> {
        let (mut name, mut input) = (machine.start_at.clone(), input);
        loop {
            let state = machine.states.get(&name);
            let state = state.ok_or_else(|| StateError::runtime(&anyhow::anyhow!("there is no state {name}")))?;
            let step = match state {
                State::Task(task) => self.task(task, execution, input).await?,
                State::Map(map) => self.map(map, input).await?,
                State::Choice(choice) => Step::Next(chosen(choice, &input)?, input),
                State::Succeed(_) => Step::End(input),
                State::Fail(fail) => return Err(failure(fail, &input)),
            };
            match step {
                Step::End(output) => return Ok(output),
                Step::Next(next, output) => (name, input) = (next, output),
            }
        }
    }

    async fn task(&self, task: &TaskState, execution: Option<&Value>, input: Value) -> Result<Step, StateError> {
        let scope = Scope { input: &input, item: None, execution };
        let outcome = self.with_retries(task, &scope).await;
        let output = match outcome {
            Ok(result) => after_task(task, &input, result).map_err(|error| StateError::runtime(&error)),
            Err(failed) => Err(failed),
        };
        match (output, &task.next) {
            (Ok(output), Some(next)) => Ok(Step::Next(next.clone(), output)),
            (Ok(output), None) => Ok(Step::End(output)),
            (Err(failed), _) => caught(&task.catch, &input, failed),
        }
    }

    async fn with_retries(&self, task: &TaskState, scope: &Scope<'_>) -> Result<Value, StateError> {
        let mut used = vec![0; task.retry.len()];
        loop {
            let failed = match within(task.timeout_seconds, self.invoke(task, scope)).await {
                Ok(result) => return Ok(result),
                Err(failed) => failed,
            };
            let Some(at) = task.retry.iter().position(|retrier| matches(&retrier.error_equals, &failed)) else {
                return Err(failed);
            };
            if used[at] == task.retry[at].max_attempts {
                return Err(failed);
            }
            tokio::time::sleep(wait(&task.retry[at], used[at]).div_f64(self.speed)).await;
            used[at] += 1;
        }
    }

    async fn invoke(&self, task: &TaskState, scope: &Scope<'_>) -> Result<Value, StateError> {
        let call = fill(&task.parameters, scope).map_err(|error| StateError::runtime(&error))?;
        let function = call["FunctionName"].as_str().unwrap_or_default();
        let payload = self.services.invoke(function, call["Payload"].clone()).await?;
        Ok(json!({ "StatusCode": 200, "Payload": payload }))
    }

    async fn map(&self, map: &MapState, input: Value) -> Result<Step, StateError> {
        match self.all_items(map, &input).await {
            Ok(()) => Ok(Step::Next(map.next.clone(), input)),
            Err(failed) => caught(&map.catch, &input, failed),
        }
    }

    async fn all_items(&self, map: &MapState, input: &Value) -> Result<(), StateError> {
        let scope = Scope { input, item: None, execution: None };
        let place = fill(&map.item_reader.parameters, &scope).map_err(|error| StateError::runtime(&error))?;
        let (bucket, key) = (place["Bucket"].as_str().unwrap_or_default(), place["Key"].as_str().unwrap_or_default());
        let items = self.services.items(bucket, key).await?;
        let at_once = concurrency(map, input)?.clamp(1, self.max_at_once.max(1));
        let running = stream::iter(items).map(|item| self.item(map, input, item)).buffer_unordered(at_once);
        running.try_for_each(async |_| Ok(())).await
    }

    fn item<'a>(&'a self, map: &'a MapState, input: &'a Value, item: Value) -> Boxed<'a, Result<Value, StateError>> {
        Box::pin(async move {
            let scope = Scope { input, item: Some(&item), execution: None };
            let input = fill(&map.item_selector, &scope).map_err(|error| StateError::runtime(&error))?;
            self.machine(&map.item_processor, None, input).await
        })
    }
}

fn concurrency(map: &MapState, input: &Value) -> Result<usize, StateError> {
    let path = &map.max_concurrency_path;
    let found = read(path, &Scope { input, item: None, execution: None }).map_err(|error| StateError::runtime(&error))?;
    let number = found.as_u64().and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| StateError::runtime(&anyhow::anyhow!("{path} is no number of items")))
}

fn after_task(task: &TaskState, input: &Value, result: Value) -> anyhow::Result<Value> {
    let result = match &task.result_selector {
        Some(template) => fill(template, &Scope { input: &result, item: None, execution: None })?,
        None => result,
    };
    let output = match &task.result_path {
        None => result,
        Some(None) => input.clone(),
        Some(Some(path)) => put(path, input, result)?,
    };
    Ok(match &task.output_path {
        None => output,
        Some(None) => json!({}),
        Some(Some(path)) => read(path, &Scope { input: &output, item: None, execution: None })?.clone(),
    })
}

fn chosen(choice: &ChoiceState, input: &Value) -> Result<String, StateError> {
    let scope = Scope { input, item: None, execution: None };
    for way in &choice.choices {
        let found = read(&way.variable, &scope).map_err(|error| StateError::runtime(&error))?;
        if found.as_str() == Some(&way.string_equals) {
            return Ok(way.next.clone());
        }
    }
    Ok(choice.default.clone())
}

fn failure(fail: &FailState, input: &Value) -> StateError {
    let text = |path: &str| match read(path, &Scope { input, item: None, execution: None }) {
        Ok(Value::String(text)) => text.clone(),
        Ok(other) => other.to_string(),
        Err(error) => format!("{error:#}"),
    };
    StateError { error: text(&fail.error_path), cause: text(&fail.cause_path) }
}

fn caught(catchers: &[Catcher], input: &Value, failed: StateError) -> Result<Step, StateError> {
    let Some(catcher) = catchers.iter().find(|catcher| matches(&catcher.error_equals, &failed)) else { return Err(failed) };
    let error = json!({ "Error": failed.error, "Cause": failed.cause });
    let output = put(&catcher.result_path, input, error).map_err(|error| StateError::runtime(&error))?;
    Ok(Step::Next(catcher.next.clone(), output))
}

fn matches(names: &[String], failed: &StateError) -> bool {
    names.iter().any(|name| match name.as_str() {
        "States.ALL" => true,
        "States.TaskFailed" => failed.error != "States.Timeout",
        name => name == failed.error,
    })
}

fn wait(retrier: &Retrier, used: u32) -> Duration {
    let seconds = retrier.interval_seconds as f64 * retrier.backoff_rate.powi(i32::try_from(used).unwrap_or(i32::MAX));
    Duration::from_secs_f64(seconds.min(retrier.max_delay_seconds.unwrap_or(86_400) as f64))
}

async fn within(seconds: Option<u64>, running: impl Future<Output = Result<Value, StateError>>) -> Result<Value, StateError> {
    let Some(seconds) = seconds else { return running.await };
    let given_up = |_| StateError { error: "States.Timeout".to_owned(), cause: format!("not done after {seconds} s") };
    tokio::time::timeout(Duration::from_secs(seconds), running).await.map_err(given_up)?
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::load;
    use super::*;

    /// Test services that fail as scripted and record all calls.
    struct Scripted {
        failures: Mutex<Vec<(&'static str, &'static str)>>,
        calls: Mutex<Vec<String>>,
        outcome: &'static str,
        source: &'static str,
    }

    #[async_trait]
    impl ServiceIntegrations for Scripted {
        async fn invoke(&self, function: &str, payload: Value) -> Result<Value, StateError> {
            let mut task = payload["task"].as_str().unwrap_or(function).to_owned();
            if payload["has_waited"] == true {
                task += " that has waited";
            }
            self.calls.lock().expect("lock").push(task.clone());
            let mut failures = self.failures.lock().expect("lock");
            if let Some(at) = failures.iter().position(|(failing, _)| *failing == task) {
                let (_, error) = failures.remove(at);
                return Err(StateError { error: error.to_owned(), cause: "told to".to_owned() });
            }
            Ok(json!({ "key": "items.json", "concurrency": 40, "outcome": self.outcome, "source": self.source, "backup": "2" }))
        }

        async fn items(&self, _: &str, key: &str) -> Result<Vec<Value>, StateError> {
            assert_eq!(key, "items.json");
            Ok(vec![json!(1), json!(2)])
        }
    }

    async fn execute(failures: &[(&'static str, &'static str)]) -> (Result<Value, StateError>, Vec<String>) {
        execute_with(failures, "run", "none").await
    }

    async fn execute_with(
        failures: &[(&'static str, &'static str)],
        outcome: &'static str,
        source: &'static str,
    ) -> (Result<Value, StateError>, Vec<String>) {
        let values = [
            ("ArchiveFunctionArn", "archive"),
            ("CaptureDatabaseFunctionArn", "capture-database"),
            ("ArchivesBucket", "archives"),
            ("RunSeconds", "604800"),
        ];
        let machine = load(include_str!("../../../../../archive.asl.json"), &values).expect("loads");
        let services = Arc::new(Scripted { failures: Mutex::new(failures.to_vec()), calls: Mutex::default(), outcome, source });
        let run = Interpreter::new(services.clone(), 1, 1.0);
        let outcome = run.execute(&machine, "e", json!({ "org": "1", "backup": "2" })).await;
        let calls = services.calls.lock().expect("lock").clone();
        (outcome, calls)
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_run_in_order_and_once_for_each_item() {
        let (outcome, calls) = execute(&[]).await;
        assert!(outcome.is_ok());
        assert_eq!(calls, ["begin", "plan", "pack", "pack", "assemble", "finish"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_is_not_due_ends_well_at_once() {
        let (outcome, calls) = execute_with(&[], "nothing", "none").await;
        assert!(outcome.is_ok());
        assert_eq!(calls, ["begin"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_is_captured_before_the_run_is_planned() {
        let (outcome, calls) = execute_with(&[("capture-database", "Retryable")], "run", "database").await;
        assert!(outcome.is_ok());
        assert_eq!(calls, ["begin", "capture-database", "capture-database", "plan", "pack", "pack", "assemble", "finish"]);
        let (outcome, calls) = execute_with(&[("capture-database", "SOURCE_PASSWORD")], "run", "database").await;
        assert!(outcome.is_err());
        assert_eq!(calls, ["begin", "capture-database", "fail"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_waits_five_minutes_for_another_backup_before_it_is_skipped() {
        let began = tokio::time::Instant::now();
        let (outcome, calls) = execute(&[("begin", "Busy"); 10]).await;
        assert!(outcome.is_ok());
        assert_eq!(calls.iter().filter(|task| *task == "begin").count(), 11);
        assert_eq!(began.elapsed(), Duration::from_secs(300));
        let (outcome, calls) = execute(&[("begin", "Busy"); 11]).await;
        assert!(outcome.is_ok());
        assert_eq!(calls[10..], ["begin", "begin that has waited", "plan", "pack", "pack", "assemble", "finish"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_may_be_repeated_is() {
        let (outcome, calls) = execute(&[("pack", "Retryable"), ("pack", "Retryable")]).await;
        assert!(outcome.is_ok());
        assert_eq!(calls, ["begin", "plan", "pack", "pack", "pack", "pack", "assemble", "finish"]);
    }

    /// Total wait in seconds of a task that is throttled `times` times: 20 s, then 1.5 times as long each time, at most 90 s.
    fn throttled_seconds(times: i32) -> f64 {
        (0..times).map(|used| (20.0 * 1.5_f64.powi(used)).min(90.0)).sum()
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_task_slows_a_run_and_does_not_fail_it() {
        for (task, usual) in [("begin", 1), ("plan", 1), ("pack", 2), ("assemble", 1), ("finish", 1)] {
            for error in ["Lambda.TooManyRequestsException", "TooManyRequestsException"] {
                let began = tokio::time::Instant::now();
                let (outcome, calls) = execute(&[(task, error); 40]).await;
                assert!(outcome.is_ok(), "{task} {error}: {outcome:?}");
                assert_eq!(calls.iter().filter(|call| *call == task).count(), usual + 40, "{task} {error}");
                assert!(!calls.contains(&"fail".to_owned()), "{task} {error}");
                let waited = began.elapsed().as_secs_f64();
                assert!((waited - throttled_seconds(40)).abs() < 1.0, "{task} {error}: waited {waited} s");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn being_throttled_uses_up_none_of_the_retries_of_other_errors() {
        let throttled = [("pack", "Lambda.TooManyRequestsException"); 10];
        let (outcome, calls) = execute(&[&throttled[..], &[("pack", "Retryable"); 4]].concat()).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(calls.iter().filter(|call| *call == "pack").count(), 16);
        let (outcome, _) = execute(&[&throttled[..], &[("pack", "Retryable"); 5]].concat()).await;
        assert_eq!(outcome.expect_err("fails").error, "Retryable");
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_fail_gives_the_use_back_in_the_end() {
        let throttled = [("fail", "Lambda.TooManyRequestsException"); 40];
        let (outcome, calls) = execute(&[&[("pack", "DATA_MISSING")], &throttled[..]].concat()).await;
        assert_eq!(outcome.expect_err("fails").error, "DATA_MISSING");
        assert_eq!(calls.iter().filter(|call| *call == "fail").count(), 41);
    }

    #[tokio::test(start_paused = true)]
    async fn a_final_failure_goes_to_fail_with_its_name() {
        let (outcome, calls) = execute(&[("pack", "ATTACHMENT_MISSING")]).await;
        let failed = outcome.expect_err("fails");
        assert_eq!((failed.error.as_str(), failed.cause.as_str()), ("ATTACHMENT_MISSING", "told to"));
        assert_eq!(calls.last().map(String::as_str), Some("fail"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_goes_on_failing_is_given_up() {
        let (outcome, calls) = execute(&[("begin", "Retryable"); 9]).await;
        assert_eq!(outcome.expect_err("fails").error, "Retryable");
        assert_eq!(calls.iter().filter(|task| *task == "begin").count(), 5);
    }
}
