//! Tells the `access` function what is fetched with links, as CloudTrail and EventBridge do on AWS.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use hozon_shared::call::CallError;
use hozon_shared::ports::Ports;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Method, Request};
use s3s::service::S3Service;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender};
use tokio::sync::oneshot;

/// Calls of the function for one event, as Lambda makes them.
const TRIES: u32 = 3;
/// The wait before the second call.
const PAUSE: Duration = Duration::from_millis(100);

/// What comes to the one who tells.
#[derive(Debug)]
pub enum AccessEvent {
    /// S3 has served something because of a link.
    Fetch(Fetch),
    /// The program has served a zip for a link without a query.
    Served {
        /// The zip's key.
        key: String,
        /// Who has asked for it.
        address: IpAddr,
    },
    /// Somebody waits until all before this has been told.
    Wait(oneshot::Sender<()>),
}

/// A request for an object that was signed in its query.
#[derive(Debug)]
pub struct Fetch {
    bucket: String,
    key: String,
    signed: String,
    address: IpAddr,
}

impl Fetch {
    /// What a request asks for; `None` unless a link was used.
    fn of(request: &Request<Incoming>, address: IpAddr) -> Option<Self> {
        if request.method() != Method::GET {
            return None;
        }
        let query = form_urlencoded::parse(request.uri().query()?.as_bytes());
        let signed = query.into_owned().find(|(name, _)| name == "X-Amz-Date")?.1;
        let (bucket, key) = request.uri().path().strip_prefix('/')?.split_once('/')?;
        Some(Self { bucket: bucket.to_owned(), key: key.to_owned(), signed, address })
    }

    /// The event, with what the function reads of it.
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

/// Lets S3 answer, and tells when it has served something because of a link.
pub async fn watched(
    s3: S3Service,
    request: Request<Incoming>,
    address: IpAddr,
    told: UnboundedSender<AccessEvent>,
) -> Result<s3s::HttpResponse, s3s::HttpError> {
    let fetch = Fetch::of(&request, address);
    let answer = Service::call(&s3, request).await?;
    if let Some(fetch) = fetch.filter(|_| answer.status().is_success()) {
        // Nobody listens where there are stores without functions.
        drop(told.send(AccessEvent::Fetch(fetch)));
    }
    Ok(answer)
}

/// Hands over what is fetched until S3 has stopped.
pub async fn tell(mut news: UnboundedReceiver<AccessEvent>, ports: Ports) {
    while let Some(one) = news.recv().await {
        match one {
            AccessEvent::Wait(waiting) => drop(waiting.send(())),
            AccessEvent::Fetch(fetch) => {
                record(&ports, &fetch.event(ports.clock.now())).await;
            }
            AccessEvent::Served { key, address } => {
                let at = ports.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true);
                record(&ports, &json!({ "served": { "key": key, "at": at, "address": address } })).await;
            }
        }
    }
}

async fn record(ports: &Ports, event: &Value) {
    if let Err(error) = hand_over(ports, event).await {
        tracing::error!(%error, "a download with a link is not in the history");
    }
}

/// Waits until everything that was fetched has been told.
pub async fn told(news: &WeakUnboundedSender<AccessEvent>) {
    let (waiting, done) = oneshot::channel();
    if news.upgrade().is_some_and(|news| news.send(AccessEvent::Wait(waiting)).is_ok()) {
        // An error means that the one who tells has ended, after telling all.
        drop(done.await);
    }
}

async fn hand_over(ports: &Ports, event: &Value) -> Result<(), CallError> {
    let mut tries = 1;
    loop {
        match hozon_access::handle(ports, event.clone()).await {
            Ok(_) => return Ok(()),
            Err(error) if tries == TRIES => return Err(error),
            Err(_) => tokio::time::sleep(PAUSE * tries).await,
        }
        tries += 1;
    }
}
