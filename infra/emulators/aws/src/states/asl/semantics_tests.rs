//! `Parallel`, `Wait` and loops, as the Amazon States Language and the Step Functions developer guide describe them.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::Clock;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::{Interpreter, ServiceIntegrations, StateError, load};

/// Functions that state machines of these tests call.
struct Functions {
    calls: AtomicU64,
    /// Whether a call of `forever` was dropped.
    is_stopped: AtomicBool,
    meeting: Barrier,
}

struct Stopped<'a>(&'a AtomicBool);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl ServiceIntegrations for Functions {
    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, StateError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        match function {
            "forever" => {
                let _stopped = Stopped(&self.is_stopped);
                pending().await
            }
            "fail" => Err(StateError { error: "SOURCE_GONE".to_owned(), cause: "told to".to_owned() }),
            "fail-once" if call == 1 => Err(StateError { error: "Retryable".to_owned(), cause: "told to".to_owned() }),
            "meet" => {
                self.meeting.wait().await;
                Ok(payload)
            }
            "count" => Ok(json!({ "calls": call, "outcome": if payload["until"] == call { "done" } else { "again" } })),
            _ => Ok(payload),
        }
    }

    async fn items(&self, _: &str, _: &str) -> Result<Vec<Value>, StateError> {
        Ok(Vec::new())
    }
}

/// A clock that a test moves.
struct HandClock(Mutex<DateTime<Utc>>);

impl HandClock {
    fn advance(&self, seconds: i64) {
        *self.0.lock().expect("lock") += TimeDelta::seconds(seconds);
    }
}

impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("lock")
    }
}

struct Machine {
    functions: Arc<Functions>,
    clock: Arc<HandClock>,
    run: Interpreter,
}

impl Machine {
    fn new() -> Self {
        let functions =
            Arc::new(Functions { calls: AtomicU64::new(0), is_stopped: AtomicBool::new(false), meeting: Barrier::new(2) });
        let clock = Arc::new(HandClock(Mutex::new(DateTime::UNIX_EPOCH)));
        let run = Interpreter::new(functions.clone(), 4, 1.0, clock.clone());
        Self { functions, clock, run }
    }

    /// Runs a machine with the given states, of which `A` is the first.
    async fn execute(&self, states: Value, input: Value) -> Result<Value, StateError> {
        let machine = load(&json!({ "StartAt": "A", "States": states }).to_string(), &[]).expect("loads");
        self.run.execute(&machine, "e", input).await
    }
}

/// A state that calls a function with its input and returns the function's answer.
fn call(function: &str) -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": function, "Payload.$": "$" },
        "ResultSelector": { "from": function, "got.$": "$.Payload" }, "End": true,
    })
}

fn branch(name: &str, state: Value) -> Value {
    json!({ "StartAt": name, "States": { name: state } })
}

#[tokio::test(start_paused = true)]
async fn branches_get_a_copy_of_the_input_and_their_outputs_come_in_the_order_of_the_branches() {
    let wait = json!({ "StartAt": "C", "States": { "C": { "Type": "Wait", "Seconds": 5, "Next": "D" }, "D": call("slow") } });
    let parallel = json!({ "A": { "Type": "Parallel", "End": true, "ResultPath": "$.both", "Branches": [wait, branch("E", call("quick"))] } });
    let machine = Machine::new();
    let running = machine.execute(parallel, json!({ "n": 1 }));
    let clock = async {
        // The quick branch ends before the wait is over.
        while machine.functions.calls.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        machine.clock.advance(5);
    };
    let (output, ()) = tokio::join!(running, clock);
    let one = |from: &str| json!({ "from": from, "got": { "n": 1 } });
    assert_eq!(output.expect("ends"), json!({ "n": 1, "both": [one("slow"), one("quick")] }));
}

#[tokio::test(start_paused = true)]
async fn branches_run_at_the_same_time() {
    let branches = [branch("B", call("meet")), branch("C", call("meet"))];
    let output =
        Machine::new().execute(json!({ "A": { "Type": "Parallel", "End": true, "Branches": branches } }), json!(7)).await;
    assert_eq!(output.expect("both wait for one another"), json!([{ "from": "meet", "got": 7 }, { "from": "meet", "got": 7 }]));
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_fails_fails_the_state_with_its_error_and_stops_the_others() {
    let branches = [branch("B", call("forever")), branch("C", call("fail"))];
    let machine = Machine::new();
    let states = |catch: Value| {
        json!({
            "A": { "Type": "Parallel", "Branches": branches, "Catch": catch, "Next": "Z" },
            "Y": { "Type": "Succeed" }, "Z": { "Type": "Succeed" },
        })
    };
    let failed = machine.execute(states(json!([])), json!({})).await.expect_err("fails");
    assert_eq!(failed.error, "SOURCE_GONE");
    assert!(machine.functions.is_stopped.load(Ordering::Relaxed));
    let catch = json!([{ "ErrorEquals": ["SOURCE_GONE"], "ResultPath": "$.error", "Next": "Y" }]);
    let output = machine.execute(states(catch), json!({ "n": 1 })).await.expect("is caught");
    assert_eq!(output, json!({ "n": 1, "error": { "Error": "SOURCE_GONE", "Cause": "told to" } }));
}

#[tokio::test(start_paused = true)]
async fn a_fail_state_in_a_branch_fails_the_whole_state() {
    let fail = json!({ "Type": "Fail", "ErrorPath": "$.error", "CausePath": "$.cause" });
    let branches = [branch("B", call("forever")), branch("C", fail)];
    let states = json!({ "A": { "Type": "Parallel", "Branches": branches, "End": true } });
    let failed = Machine::new().execute(states, json!({ "error": "E", "cause": "why" })).await.expect_err("fails");
    assert_eq!((failed.error.as_str(), failed.cause.as_str()), ("E", "why"));
}

#[tokio::test(start_paused = true)]
async fn a_retry_of_a_parallel_state_runs_all_branches_again() {
    let branches = [branch("B", call("fail-once")), branch("C", call("echo"))];
    let retry = json!([{ "ErrorEquals": ["Retryable"], "IntervalSeconds": 2, "MaxAttempts": 1 }]);
    let states = json!({ "A": { "Type": "Parallel", "Branches": branches, "Retry": retry, "End": true } });
    let machine = Machine::new();
    assert_eq!(machine.execute(states, json!(1)).await.expect("ends").as_array().map(Vec::len), Some(2));
    assert!(machine.functions.calls.load(Ordering::Relaxed) >= 3);
}

/// Seconds for which the machine waits with that input, moving the clock by one second at a time.
async fn waited(machine: &Machine, states: Value, input: Value) -> Result<i64, StateError> {
    let began = machine.clock.now();
    let running = machine.execute(states, input.clone());
    tokio::pin!(running);
    loop {
        match tokio::time::timeout(std::time::Duration::from_secs(1), &mut running).await {
            Ok(output) => {
                assert_eq!(output?, input, "a wait passes its input on");
                return Ok((machine.clock.now() - began).num_seconds());
            }
            Err(_) => machine.clock.advance(1),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_by_the_clock_of_the_service() {
    let machine = Machine::new();
    let fixed = json!({ "A": { "Type": "Wait", "Seconds": 90, "End": true } });
    assert_eq!(waited(&machine, fixed, json!({ "n": 1 })).await.expect("ends"), 90);
    let by_path = json!({ "A": { "Type": "Wait", "SecondsPath": "$.source.wait", "Next": "B" }, "B": { "Type": "Succeed" } });
    assert_eq!(waited(&machine, by_path.clone(), json!({ "source": { "wait": 7 } })).await.expect("ends"), 7);
    assert_eq!(waited(&machine, by_path.clone(), json!({ "source": { "wait": 0 } })).await.expect("ends"), 0);
    for bad in [json!(-1), json!(1.5), json!("5"), json!(100_000_000), Value::Null] {
        let failed = waited(&machine, by_path.clone(), json!({ "source": { "wait": bad } })).await.expect_err("fails");
        assert_eq!(failed.error, "States.Runtime", "{bad}");
    }
}

/// Calls `count` until it answers `done`, with a wait in between.
fn looping() -> Value {
    let mut count = call("count");
    count["ResultSelector"] = json!({ "outcome.$": "$.Payload.outcome", "calls.$": "$.Payload.calls" });
    count["ResultPath"] = json!("$.read");
    count["Next"] = json!("B");
    count.as_object_mut().expect("an object").remove("End");
    json!({
        "A": count,
        "B": {
            "Type": "Choice", "Default": "C",
            "Choices": [{ "Variable": "$.read.outcome", "StringEquals": "again", "Next": "A" }],
        },
        "C": { "Type": "Succeed" },
    })
}

#[tokio::test(start_paused = true)]
async fn a_choice_that_leads_back_makes_a_loop_that_ends() {
    let machine = Machine::new();
    let output = machine.execute(looping(), json!({ "until": 1000 })).await.expect("ends");
    assert_eq!(output["read"], json!({ "outcome": "done", "calls": 1000 }));
}

#[tokio::test(start_paused = true)]
async fn a_loop_without_an_end_fails_at_the_limit_of_events() {
    let machine = Machine::new();
    let failed = machine.execute(looping(), json!({ "until": 0 })).await.expect_err("fails");
    assert_eq!(failed.error, "States.Runtime");
    // Five events of a task and two of a choice.
    assert_eq!(machine.functions.calls.load(Ordering::Relaxed), 25_000 / 7);
}
