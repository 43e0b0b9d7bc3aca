//! Runs a state machine: states in sequence, the items of a map and the branches of a parallel state concurrently, with the
//! retries and catches of the file.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::ports::Clock;
use serde_json::{Value, json};

use super::definition::{
    Catcher, ChoiceState, Definition, FailState, MapState, ParallelState, Retrier, State, TaskState, WaitState,
};
use super::history::ExecutionContext;
use super::load::MAX_WAIT_SECONDS;
use super::paths::{Scope, fill, put, read};
use super::retries::{StateError, caught, matches, wait, within};

/// Longest time after which a wait looks at the clock again, which somebody may have set.
const LOOK_EVERY: Duration = Duration::from_millis(200);

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
    clock: Arc<dyn Clock>,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What follows a state.
enum Step {
    Next(String, Value),
    End(Value),
}

impl Interpreter {
    /// Creates a runner with at most `max_at_once` concurrent items per map. `Wait` goes by the clock; waits before retries are
    /// divided by `speed`.
    pub fn new(services: Arc<dyn ServiceIntegrations>, max_at_once: usize, speed: f64, clock: Arc<dyn Clock>) -> Self {
        Self { services, max_at_once, speed, clock }
    }

    /// Runs a state machine from its first state to its end, as the execution with that name.
    pub async fn execute(&self, machine: &Definition, name: &str, input: Value) -> Result<Value, StateError> {
        self.machine(machine, &ExecutionContext::new(Some(Value::from(name))), input).await
    }

    fn machine<'a>(
        &'a self,
        machine: &'a Definition,
        context: &'a ExecutionContext,
        input: Value,
    ) -> Boxed<'a, Result<Value, StateError>> {
        Box::pin(async move { within(machine.timeout_seconds, self.run_states(machine, context, input)).await })
    }

    async fn run_states(&self, machine: &Definition, context: &ExecutionContext, input: Value) -> Result<Value, StateError> {
        let (mut name, mut input) = (machine.start_at.clone(), input);
        loop {
            let state = machine.states.get(&name);
            let state = state.ok_or_else(|| StateError::runtime(&anyhow::anyhow!("there is no state {name}")))?;
            // Each state is entered and exited.
            context.count(2)?;
            let step = match state {
                State::Task(task) => self.task(task, context, input).await?,
                State::Map(map) => self.map(map, input).await?,
                State::Parallel(parallel) => self.parallel(parallel, context, input).await?,
                State::Wait(wait) => self.wait(wait, input).await?,
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

    async fn task(&self, task: &TaskState, context: &ExecutionContext, input: Value) -> Result<Step, StateError> {
        let scope = Scope { input: &input, item: None, execution: context.name.as_ref() };
        let attempt = || -> Boxed<'_, _> {
            Box::pin(async {
                // Scheduled, started, and succeeded or failed.
                context.count(3)?;
                within(task.timeout_seconds, self.invoke(task, &scope)).await
            })
        };
        let TaskState { result_selector, result_path, output_path, .. } = task;
        let places = Places { selector: result_selector, result: result_path, output: output_path };
        let output = self.with_retries(&task.retry, attempt).await.and_then(|result| places.fill(&input, result));
        step(output, task.next.as_ref(), &task.catch, &input)
    }

    async fn with_retries<'a>(
        &self,
        retry: &[Retrier],
        attempt: impl Fn() -> Boxed<'a, Result<Value, StateError>> + Send + Sync,
    ) -> Result<Value, StateError> {
        let mut used = vec![0; retry.len()];
        loop {
            let failed = match attempt().await {
                Ok(result) => return Ok(result),
                Err(failed) => failed,
            };
            let Some(at) = retry.iter().position(|retrier| matches(&retrier.error_equals, &failed)) else {
                return Err(failed);
            };
            if used[at] == retry[at].max_attempts {
                return Err(failed);
            }
            tokio::time::sleep(wait(&retry[at], used[at]).div_f64(self.speed)).await;
            used[at] += 1;
        }
    }

    /// Runs all branches. The first failure stops the others, whose futures end with this one.
    async fn parallel(&self, parallel: &ParallelState, context: &ExecutionContext, input: Value) -> Result<Step, StateError> {
        let attempt = || -> Boxed<'_, _> {
            let branches = parallel.branches.iter().map(|branch| self.machine(branch, context, input.clone()));
            let running = try_join_all(branches);
            Box::pin(async move { running.await.map(Value::Array) })
        };
        let ParallelState { result_selector, result_path, output_path, .. } = parallel;
        let places = Places { selector: result_selector, result: result_path, output: output_path };
        let output = self.with_retries(&parallel.retry, attempt).await.and_then(|result| places.fill(&input, result));
        step(output, parallel.next.as_ref(), &parallel.catch, &input)
    }

    /// Waits until the clock has moved on, and passes the input on.
    async fn wait(&self, state: &WaitState, input: Value) -> Result<Step, StateError> {
        let seconds = seconds_of(state, &input).map_err(|error| StateError::runtime(&error))?;
        let until = self.clock.now() + TimeDelta::seconds(seconds);
        while let Ok(left) = (until - self.clock.now()).to_std()
            && !left.is_zero()
        {
            tokio::time::sleep(left.div_f64(self.speed).min(LOOK_EVERY)).await;
        }
        Ok(following(state.next.as_ref(), input))
    }

    async fn invoke(&self, task: &TaskState, scope: &Scope<'_>) -> Result<Value, StateError> {
        let call = fill(&task.parameters, scope).map_err(|error| StateError::runtime(&error))?;
        let function = call["FunctionName"].as_str().unwrap_or_default();
        let payload = self.services.invoke(function, call["Payload"].clone()).await?;
        Ok(json!({ "StatusCode": 200, "Payload": payload }))
    }

    async fn map(&self, map: &MapState, input: Value) -> Result<Step, StateError> {
        let output = self.all_items(map, &input).await.map(|()| input.clone());
        step(output, Some(&map.next), &map.catch, &input)
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
            self.machine(&map.item_processor, &ExecutionContext::new(None), input).await
        })
    }
}

fn concurrency(map: &MapState, input: &Value) -> Result<usize, StateError> {
    let path = &map.max_concurrency_path;
    let found = read(path, &Scope { input, item: None, execution: None }).map_err(|error| StateError::runtime(&error))?;
    let number = found.as_u64().and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| StateError::runtime(&anyhow::anyhow!("{path} is no number of items")))
}

/// Where the result of a state goes.
struct Places<'a> {
    selector: &'a Option<Value>,
    result: &'a Option<Option<String>>,
    output: &'a Option<Option<String>>,
}

impl Places<'_> {
    /// Returns the output of a state with that input and result.
    fn fill(&self, input: &Value, result: Value) -> Result<Value, StateError> {
        self.filled(input, result).map_err(|error| StateError::runtime(&error))
    }

    fn filled(&self, input: &Value, result: Value) -> anyhow::Result<Value> {
        let result = match self.selector {
            Some(template) => fill(template, &Scope { input: &result, item: None, execution: None })?,
            None => result,
        };
        let output = match self.result {
            None => result,
            Some(None) => input.clone(),
            Some(Some(path)) => put(path, input, result)?,
        };
        Ok(match self.output {
            None => output,
            Some(None) => json!({}),
            Some(Some(path)) => read(path, &Scope { input: &output, item: None, execution: None })?.clone(),
        })
    }
}

/// What follows a state that ended with that output, or failed.
fn step(output: Result<Value, StateError>, next: Option<&String>, catch: &[Catcher], input: &Value) -> Result<Step, StateError> {
    match output {
        Ok(output) => Ok(following(next, output)),
        Err(failed) => caught(catch, input, failed).map(|(next, output)| Step::Next(next, output)),
    }
}

fn following(next: Option<&String>, output: Value) -> Step {
    match next {
        Some(next) => Step::Next(next.clone(), output),
        None => Step::End(output),
    }
}

/// Number of seconds that a state waits.
fn seconds_of(state: &WaitState, input: &Value) -> anyhow::Result<i64> {
    let seconds = match (&state.seconds_path, state.seconds) {
        (Some(path), _) => read(path, &Scope { input, item: None, execution: None })?.as_u64(),
        (None, seconds) => seconds,
    };
    let seconds = seconds.filter(|seconds| *seconds <= MAX_WAIT_SECONDS).and_then(|seconds| i64::try_from(seconds).ok());
    seconds.ok_or_else(|| anyhow::anyhow!("a wait takes whole seconds, at most {MAX_WAIT_SECONDS}"))
}

fn chosen(choice: &ChoiceState, input: &Value) -> Result<String, StateError> {
    let scope = Scope { input, item: None, execution: None };
    for way in &choice.choices {
        let found = read(&way.variable, &scope);
        let is_chosen = match (way.is_present, &way.string_equals) {
            (Some(is_present), _) => found.is_ok() == is_present,
            (None, expected) => found.map_err(|error| StateError::runtime(&error))?.as_str() == expected.as_deref(),
        };
        if is_chosen {
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
