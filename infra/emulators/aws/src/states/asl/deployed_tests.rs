//! The deployed state machine: its order of tasks, its retries, and what follows failures.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hozon_shared::ports::SystemClock;
use serde_json::{Value, json};

use super::{Interpreter, ServiceIntegrations, StateError, load};

/// The step of an erasure.
const ERASURE: &str = "2";

/// Test services that fail as scripted and record all calls.
struct Scripted {
    failures: Mutex<Vec<(&'static str, &'static str)>>,
    calls: Mutex<Vec<String>>,
    outcome: &'static str,
    source: &'static str,
    /// Outcomes of captures, the last first; then they end in their first call.
    captures: Mutex<Vec<&'static str>>,
}

#[async_trait]
impl ServiceIntegrations for Scripted {
    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, StateError> {
        let mut task = payload["step"].as_str().or(payload["task"].as_str()).unwrap_or(function).to_owned();
        if payload["has_waited"] == true {
            task += " that has waited";
        }
        self.calls.lock().expect("lock").push(task.clone());
        let mut failures = self.failures.lock().expect("lock");
        if let Some(at) = failures.iter().position(|(failing, _)| *failing == task) {
            let (_, error) = failures.remove(at);
            return Err(StateError { error: error.to_owned(), cause: "told to".to_owned() });
        }
        let outcome = match task.as_str() {
            "capture" | "begin_again" | "apply" => self.captures.lock().expect("lock").pop().unwrap_or("done"),
            // A source on the web that takes no more calls for a while answers each step so once.
            "open" | "read" | "catch_up" if self.source == "web" => {
                self.captures.lock().expect("lock").pop().unwrap_or(if task == "open" { "opened" } else { "done" })
            }
            "hold" | "read" => "done",
            // An erasure is called again once.
            ERASURE => self.captures.lock().expect("lock").pop().unwrap_or("done"),
            _ => self.outcome,
        };
        Ok(json!({
            "key": "items.json", "concurrency": 40, "outcome": outcome, "source": self.source, "backup": "2", "attempt": "3", "tries": 1,
            "seconds": 0,
        }))
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
    let input = match source {
        "restore" => json!({ "kind": "restore", "org": "1", "id": "2", "step": "apply" }),
        _ => json!({ "org": "1", "backup": "2" }),
    };
    execute_input(failures, (outcome, source), input).await
}

async fn execute_input(
    failures: &[(&'static str, &'static str)],
    (outcome, source): (&'static str, &'static str),
    input: Value,
) -> (Result<Value, StateError>, Vec<String>) {
    let values = [
        ("ArchiveFunctionArn", "archive"),
        ("CaptureDatabaseFunctionArn", "capture-database"),
        ("CaptureWebFunctionArn", "capture-web"),
        ("WriteBackFunctionArn", "write-back"),
        ("EraseFunctionArn", "erase"),
        ("ArchivesBucket", "archives"),
        ("RunSeconds", "604800"),
    ];
    let machine = load(include_str!("../../../../../archive.asl.json"), &values).expect("loads");
    let captures = match source {
        // What takes too long for one call, and is to be captured in several.
        "large database" => vec!["in_calls"; 2],
        // What an attempt has published before its end was noticed.
        "large published database" => vec!["in_calls"],
        // What the program beside the database captures meanwhile.
        "far database" => vec!["wait"; 2],
        // What takes no more calls for a while when it is opened, and takes two calls to read.
        "busy web" => vec!["again", "opened", "wait"],
        "restore" => vec!["again", "wait", "again"],
        "an erasure" => vec!["again"],
        _ => Vec::new(),
    };
    let (captures, source) = (
        Mutex::new(captures),
        source
            .trim_start_matches("large ")
            .trim_start_matches("published ")
            .trim_start_matches("far ")
            .trim_start_matches("busy "),
    );
    let failures = Mutex::new(failures.to_vec());
    let services = Arc::new(Scripted { failures, calls: Mutex::default(), outcome, source, captures });
    let run = Interpreter::new(services.clone(), 1, 1.0, Arc::new(SystemClock));
    let outcome = run.execute(&machine, "e", input).await;
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
async fn an_erasure_is_called_until_it_is_done_and_its_failure_is_recorded() {
    let input = json!({ "kind": "erasure", "org": "1", "id": "7", "step": ERASURE });
    let (outcome, calls) = execute_input(&[(ERASURE, "Retryable")], ("", "an erasure"), input.clone()).await;
    assert!(outcome.is_ok());
    assert_eq!(calls, [ERASURE, ERASURE, ERASURE]);
    let (outcome, calls) = execute_input(&[(ERASURE, "DATA_DAMAGED")], ("", "an erasure"), input).await;
    assert_eq!(outcome.expect_err("fails").error, "DATA_DAMAGED");
    assert_eq!(calls, [ERASURE, "fail"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_due_ends_well_at_once() {
    let (outcome, calls) = execute_with(&[], "nothing", "none").await;
    assert!(outcome.is_ok());
    assert_eq!(calls, ["begin"]);
}

#[tokio::test(start_paused = true)]
async fn a_database_is_captured_before_the_run_is_planned() {
    let (outcome, calls) = execute_with(&[("capture", "Retryable")], "run", "database").await;
    assert!(outcome.is_ok());
    assert_eq!(calls, ["begin", "capture", "capture", "plan", "pack", "pack", "assemble", "finish"]);
    let (outcome, calls) = execute_with(&[("capture", "SOURCE_PASSWORD")], "run", "database").await;
    assert!(outcome.is_err());
    assert_eq!(calls, ["begin", "capture", "fail"]);
}

#[tokio::test(start_paused = true)]
async fn a_large_database_is_held_by_two_while_others_read_it() {
    let (outcome, calls) = execute_with(&[], "run", "large database").await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let of_one = ["hold", "hold", "readers", "read", "read", "publish"];
    assert_eq!(calls[2..8], of_one);
    assert_eq!(calls[8..], ["plan", "pack", "pack", "assemble", "finish"]);
    let (outcome, calls) = execute_with(&[("read", "AttemptLost")], "run", "large database").await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let again = calls.iter().position(|call| call == "begin_again").expect("a second attempt");
    assert_eq!(calls[again + 1..again + 7], of_one);
    let (outcome, calls) = execute_with(&[("hold", "AttemptLost")], "run", "large published database").await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let again = calls.iter().position(|call| call == "begin_again").expect("a question whether there is another attempt");
    assert_eq!(calls[again + 1..], ["plan", "pack", "pack", "assemble", "finish"]);
    let (outcome, calls) =
        execute_with(&[("read", "AttemptLost"), ("begin_again", "SOURCE_UNSTEADY")], "run", "large database").await;
    assert_eq!(outcome.expect_err("fails").error, "SOURCE_UNSTEADY");
    assert_eq!(calls[calls.len() - 2..], ["begin_again", "fail"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_asks_again_while_the_program_beside_the_database_captures_it() {
    let (outcome, calls) = execute_with(&[], "run", "far database").await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(calls, ["begin", "capture", "capture", "capture", "plan", "pack", "pack", "assemble", "finish"]);
}

#[tokio::test(start_paused = true)]
async fn a_source_on_the_web_is_opened_read_and_caught_up() {
    let (outcome, calls) = execute_with(&[], "run", "web").await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(calls, ["begin", "open", "read", "read", "catch_up", "plan", "pack", "pack", "assemble", "finish"]);
    let (outcome, calls) = execute_with(&[], "run", "busy web").await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(calls[..7], ["begin", "open", "open", "read", "read", "read", "catch_up"]);
    let (outcome, calls) = execute_with(&[("catch_up", "SOURCE_CONSENT_REVOKED")], "run", "web").await;
    assert_eq!(outcome.expect_err("fails").error, "SOURCE_CONSENT_REVOKED");
    assert_eq!(calls[calls.len() - 2..], ["catch_up", "fail"]);
}

#[tokio::test(start_paused = true)]
async fn a_restore_is_called_until_it_is_done_and_fails_with_its_reason() {
    let (outcome, calls) = execute_with(&[("apply", "Retryable")], "run", "restore").await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(calls, ["apply"; 5]);
    let (outcome, calls) = execute_with(&[("apply", "SOURCE_PASSWORD")], "run", "restore").await;
    assert_eq!(outcome.expect_err("fails").error, "SOURCE_PASSWORD");
    assert_eq!(calls, ["apply", "fail"]);
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
