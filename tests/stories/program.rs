//! `hozon serve` in a process of its own, which can be killed and limited.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hozon_shared::domain::organisation::Role;
use hozon_shared::domain::plan::Plans;
use hozon_shared::domain::price::Terms;
use hozon_tests::{Crm, World};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tokio::process::{Child, Command};

use super::command::{hozon, noise};

/// Organisation of a prepared folder.
pub const ORGANISATION: &str = "Killed";
/// Pause between two requests, which lets the program work.
const PAUSE: Duration = Duration::from_millis(5);

/// `hozon serve` on a folder.
pub struct Program {
    pub process: Child,
    url: String,
}

impl Program {
    /// Starts the program.
    pub async fn start(data: &Path) -> Self {
        Self::start_under("true", data, "").await
    }

    /// Starts the program with more arguments, behind a shell command that limits its resources.
    pub async fn start_under(limits: &str, data: &Path, arguments: &str) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut command = Command::new("bash");
        let script = format!("{limits}; exec \"$0\" --data \"$1\" --port {port} serve {arguments}");
        command.args(["-c", &script, &hozon(), data.to_str().unwrap()]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        Self { process, url: format!("http://127.0.0.1:{port}/crm/bulk/v8/backup") }
    }

    /// Requests a backup or reads the last one, repeatedly until the program answers.
    pub async fn ask(&self, http: &Client, token: &str, method: Method) -> (StatusCode, Value) {
        self.call(http, token, method, "").await
    }

    /// Returns the failure of the last backup, from its notification.
    pub async fn failure(&self, http: &Client, token: &str) -> Value {
        self.call(http, token, Method::GET, "/notifications").await.1["notifications"][0]["failure"].clone()
    }

    async fn call(&self, http: &Client, token: &str, method: Method, path: &str) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.url);
        loop {
            let request = http.request(method.clone(), &url).bearer_auth(token);
            if let Ok(answer) = request.send().await {
                return (answer.status(), answer.json().await.unwrap_or_default());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until no backup is in progress; returns the last one, or null.
    pub async fn last_backup(&self, http: &Client, token: &str, within: Duration) -> Value {
        let begun = Instant::now();
        loop {
            let (_, answer) = self.ask(http, token, Method::GET).await;
            if answer["backup"]["status"] != "INPROGRESS" {
                return answer["backup"].clone();
            }
            assert!(begun.elapsed() < within, "a backup is stuck: {answer}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Kills the program, as a power failure would.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

/// Prepares a folder with an organisation on an unlimited plan, eight attachments of the given size, and an
/// administrator's token that outlives the program.
pub async fn prepared(bytes: usize) -> (tempfile::TempDir, String) {
    let mut world = World::start_with(|options| options.terms = Terms::without_purchases(Plans::default())).await;
    world.org = world.local.organisation(ORGANISATION, chrono_tz::Asia::Tokyo, "Own", "JP").await.unwrap();
    let mut crm = Crm::small();
    for file in 0..8u64 {
        crm = crm.file(&format!("attachments/Leads/1/{file}.bin"), &noise(bytes, file));
    }
    world.import(crm.inputs()).await;
    let token = world.local.token(world.org, Role::Administrator).unwrap();
    (world.cut_short().await, token)
}
