//! Calls for tests that run in other processes.

use chrono::Duration;
use serde_json::json;

use crate::asked::{Asked, Replied, Reply};
use crate::faults::Fault;
use crate::oauth::FULL_SCOPE;
use crate::refusal::Refusal;
use crate::rows::Row;
use crate::state::State;

/// Rows of one piece of an export.
const PIECE: usize = 500;

/// Answers a call below `/_test`.
pub fn answer(state: &State, method: &str, path: &[&str], asked: &Asked) -> Replied {
    match (method, path) {
        ("GET", ["client"]) => Ok(Reply::Json(json!({"client_id": state.client_id(), "client_secret": state.client_secret()}))),
        ("POST", ["tokens"]) => {
            let scope = asked.parameter("scope").unwrap_or(FULL_SCOPE);
            let (refresh, access, code) =
                (state.new_refresh_token(scope), state.new_access_token(scope), state.self_client_code(scope));
            Ok(Reply::Json(json!({"refresh_token": refresh, "access_token": access, "self_client_code": code})))
        }
        ("POST", ["faults"]) => {
            let fault: Fault =
                serde_json::from_slice(&asked.body).map_err(|_| Refusal::invalid("the fault is unknown", json!({})))?;
            state.inject(fault);
            Ok(Reply::Empty)
        }
        ("DELETE", ["faults"]) => done(|| state.clear_faults()),
        ("GET", ["usage"]) => Ok(Reply::Json(json!(state.usage()))),
        ("DELETE", ["usage"]) => done(|| state.reset_usage()),
        ("POST", ["advance"]) => {
            let seconds = asked.parameter("seconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
            done(|| state.advance(Duration::seconds(seconds)))
        }
        ("GET", ["state", module]) => export(state, module),
        (_, ["records", module, ..]) => write(state, method, module, path.get(2), asked),
        ("DELETE", ["modules", module]) => done(|| state.remove_module(module)),
        _ => Err(Refusal::new(404, "INVALID_URL_PATTERN", "the test server has no such call", json!({}))),
    }
}

fn done(act: impl FnOnce()) -> Replied {
    act();
    Ok(Reply::Empty)
}

fn write(state: &State, method: &str, module: &str, id: Option<&&str>, asked: &Asked) -> Replied {
    let id: Option<u64> = id.and_then(|id| id.parse().ok());
    match (method, id) {
        ("POST", None) => Ok(Reply::Json(json!({"id": state.insert(module, asked.json()?).to_string()}))),
        ("PUT", Some(id)) if state.update(module, id, asked.json()?) => Ok(Reply::Empty),
        ("DELETE", Some(id)) if state.delete(module, id) => Ok(Reply::Empty),
        _ => Err(Refusal::invalid_id()),
    }
}

/// All records of a module as JSON lines.
fn export(state: &State, module: &str) -> Replied {
    let table = state.snapshot(module).ok_or_else(Refusal::invalid_module)?;
    let mut last = 0;
    let pieces = std::iter::from_fn(move || {
        let ids: Vec<u64> = table.ids(last).take(PIECE).collect();
        last = *ids.last()?;
        Some(ids.iter().filter_map(|id| table.get(*id)).map(|row| line(&row)).collect())
    });
    Ok(Reply::Lines(Box::new(pieces)))
}

fn line(row: &Row) -> String {
    serde_json::to_string(row).expect("a row is JSON") + "\n"
}
