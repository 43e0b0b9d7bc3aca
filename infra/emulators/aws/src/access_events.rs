//! Delivers access events of the emulated bucket to the `access` function, as CloudTrail and EventBridge do on AWS.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use hozon_shared::ports::Clock;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Method, Request};
use s3s::service::S3Service;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender};
use tokio::sync::oneshot;

use crate::lambda::Function;

/// Number of attempts per event; Lambda makes as many.
const TRIES: u32 = 3;
/// Wait before the second attempt.
const PAUSE: Duration = Duration::from_millis(100);

/// A message for the task that delivers access events.
#[derive(Debug)]
pub enum AccessEvent {
    /// S3 answered a request that was signed in its query string.
    Fetch(Fetch),
    /// The program served a zip for a link without a query string.
    Served {
        /// Object key of the zip.
        key: String,
        /// IP address of the client.
        address: IpAddr,
    },
    /// Asks for an answer after all earlier events were delivered.
    Wait(oneshot::Sender<()>),
}

/// A request for an object that was signed in its query string.
#[derive(Debug)]
pub struct Fetch {
    bucket: String,
    key: String,
    signed: String,
    address: IpAddr,
}

impl Fetch {
    /// Describes a request; `None` unless it is signed in its query string.
    fn of(request: &Request<Incoming>, address: IpAddr) -> Option<Self> {
        if request.method() != Method::GET {
            return None;
        }
        let query = form_urlencoded::parse(request.uri().query()?.as_bytes());
        let signed = query.into_owned().find(|(name, _)| name == "X-Amz-Date")?.1;
        let (bucket, key) = request.uri().path().strip_prefix('/')?.split_once('/')?;
        Some(Self { bucket: bucket.to_owned(), key: key.to_owned(), signed, address })
    }

    /// Returns the event with the fields that the function reads.
    fn event(&self, at: DateTime<Utc>) -> Value {
        json!({
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.s3",
            "detail": {
                "eventTime": at.to_rfc3339_opts(SecondsFormat::Secs, true),
                "eventSource": "s3.amazonaws.com",
                "eventName": "GetObject",
                "sourceIPAddress": self.address.to_string(),
                "requestParameters": { "bucketName": self.bucket, "key": self.key, "X-Amz-Date": self.signed },
                "additionalEventData": { "AuthenticationMethod": "QueryString" },
            },
        })
    }
}

/// Lets S3 answer a request, and reports it if a link was used.
pub async fn watched(
    s3: S3Service,
    request: Request<Incoming>,
    address: IpAddr,
    accesses: UnboundedSender<AccessEvent>,
) -> Result<s3s::HttpResponse, s3s::HttpError> {
    let fetch = Fetch::of(&request, address);
    let answer = Service::call(&s3, request).await?;
    if let Some(fetch) = fetch.filter(|_| answer.status().is_success()) {
        // Stores that run without functions have no receiver.
        drop(accesses.send(AccessEvent::Fetch(fetch)));
    }
    Ok(answer)
}

/// Delivers access events until S3 has stopped.
pub async fn deliver(mut accesses: UnboundedReceiver<AccessEvent>, function: Arc<dyn Function>, clock: Arc<dyn Clock>) {
    while let Some(one) = accesses.recv().await {
        match one {
            AccessEvent::Wait(waiting) => drop(waiting.send(())),
            AccessEvent::Fetch(fetch) => {
                record(&*function, &fetch.event(clock.now())).await;
            }
            AccessEvent::Served { key, address } => {
                let at = clock.now().to_rfc3339_opts(SecondsFormat::Secs, true);
                record(&*function, &json!({ "served": { "key": key, "at": at, "address": address } })).await;
            }
        }
    }
}

async fn record(function: &dyn Function, event: &Value) {
    if let Err(error) = hand_over(function, event).await {
        tracing::error!(error = format!("{error:#}"), "recording a download in the history failed");
    }
}

/// Waits until all events so far were delivered.
pub async fn wait_until_delivered(accesses: &WeakUnboundedSender<AccessEvent>) {
    let (waiting, done) = oneshot::channel();
    if accesses.upgrade().is_some_and(|accesses| accesses.send(AccessEvent::Wait(waiting)).is_ok()) {
        // An error means that the delivering task has ended, after it delivered everything.
        drop(done.await);
    }
}

async fn hand_over(function: &dyn Function, event: &Value) -> anyhow::Result<()> {
    let mut tries = 1;
    loop {
        match function.invoke(event.clone()).await {
            Ok(_) => return Ok(()),
            Err(error) if tries == TRIES => return Err(error),
            Err(_) => tokio::time::sleep(PAUSE * tries).await,
        }
        tries += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Mutex;

    use hozon_shared::ports::SystemClock;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// Rejects a number of calls, then records the events.
    struct Recorder(Mutex<(u32, Vec<Value>)>);

    #[async_trait::async_trait]
    impl Function for Recorder {
        async fn invoke(&self, event: Value) -> anyhow::Result<Value> {
            let mut state = self.0.lock().expect("no panic");
            if state.0 > 0 {
                state.0 -= 1;
                anyhow::bail!("told to");
            }
            state.1.push(event);
            Ok(Value::Null)
        }
    }

    async fn recorded(refusals: u32) -> Vec<Value> {
        let recorder = Arc::new(Recorder(Mutex::new((refusals, Vec::new()))));
        let (sender, receiver) = unbounded_channel();
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        sender.send(AccessEvent::Served { key: "archives/1/2/a.zip".to_owned(), address }).expect("is received");
        let accesses = sender.downgrade();
        let delivering = tokio::spawn(deliver(receiver, recorder.clone(), Arc::new(SystemClock)));
        wait_until_delivered(&accesses).await;
        drop(sender);
        delivering.await.expect("no panic");
        let state = recorder.0.lock().expect("no panic");
        state.1.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_that_fails_twice_gets_the_event_once() {
        let events = recorded(2).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["served"]["key"], "archives/1/2/a.zip");
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_is_given_up_after_three_attempts() {
        assert!(recorded(3).await.is_empty());
    }
}
