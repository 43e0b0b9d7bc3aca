//! Two programs for tests/peers/payments.py. `serve FOLDER WEBHOOK-URL` runs only the Stripe emulator, for Stripe's own
//! SDK. `adapter URL` runs only the Stripe adapter, for a Stripe server by others: each line of standard input is a
//! call, and each line of output its result as JSON.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hozon_emulator_stripe::{StripeKeys, StripeServer};
use hozon_shared::domain::id::{OrderId, OrgId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::money::Money;
use hozon_shared::domain::payment::{Owner, SubscriptionState};
use hozon_shared::payments::{PaymentKeys, Stripe};
use hozon_shared::ports::{Buyer, CheckoutLine, Clock, Payments, PortError, RandomIds, Renewals, SystemClock};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const KEY: &str = "sk_test_peer";
const SECRET: &str = "whsec_peer";
const LOOK: Duration = Duration::from_millis(100);

#[tokio::main]
#[allow(clippy::print_stdout, reason = "the lines are what this is for")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", folder, webhook_url] => serve(Path::new(folder), webhook_url).await,
        ["adapter", url] => {
            let keys = PaymentKeys { api_key: KEY.to_owned(), webhook_secrets: vec![SECRET.to_owned()] };
            let stripe = Stripe::new(keys, Some((*url).to_owned()))?;
            for line in std::io::stdin().lines() {
                println!("{}", answer(&stripe, &line?).await?);
            }
            Ok(())
        }
        _ => bail!("serve FOLDER WEBHOOK-URL, or adapter URL"),
    }
}

#[allow(clippy::print_stdout, reason = "the script reads where it is")]
async fn serve(folder: &Path, webhook_url: &str) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let keys = StripeKeys { api_key: KEY.to_owned(), webhook_secret: SECRET.to_owned() };
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds::default()));
    let server = StripeServer::open(&folder.join("stripe.json"), &url, clock, ids, keys)?;
    server.set_webhook_url(webhook_url);
    println!("{}", json!({ "url": url, "api_key": KEY, "webhook_secret": SECRET }));
    let router = server.router();
    let ticking = async {
        loop {
            server.tick().await;
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        served = axum::serve(listener, router) => Ok(served?),
        () = ticking => Ok(()),
    }
}

/// Makes the call in a line: a name and its arguments, which contain no blanks.
async fn answer(stripe: &Stripe, line: &str) -> Result<Value> {
    let owner = Owner { org: OrgId(7), order: OrderId(8) };
    let words: Vec<&str> = line.split_whitespace().collect();
    let outcome = match words[..] {
        ["customer"] => {
            let buyer = Buyer { name: "さくら商事".to_owned(), email: Some("a@example.com".to_owned()), locale: Locale::Ja };
            stripe.customer(owner, &buyer).await.map(|id| json!({ "id": id }))
        }
        ["subscription", id] => stripe.subscription(id).await.map(|state| subscription(&state)),
        ["stop", id, product] => stripe.stop(id, product).await.map(|state| subscription(&state)),
        ["resume", id, product] => stripe.resume(id, &line_of(product)?).await.map(|state| subscription(&state)),
        ["end", id, product] => stripe.end(id, product).await.map(|()| json!({})),
        ["charge", id] => stripe.charge(id).await.map(|state| {
            json!({
                "is_ours": state.owner == Some(owner),
                "paid": state.paid.to_string(),
                "refunded": state.refunded.to_string(),
                "disputed": state.disputed,
            })
        }),
        ["message", signature, file] => {
            let body = std::fs::read(file).with_context(|| format!("read {file}"))?;
            let message = stripe.message(signature, &body, SystemClock.now());
            message.map(|message| json!({ "id": message.id, "about": format!("{:?}", message.about) }))
        }
        _ => bail!("no such call: {line}"),
    };
    Ok(outcome.unwrap_or_else(|error| refusal(&error)))
}

fn refusal(error: &PortError) -> Value {
    json!({ "error": format!("{:?}", error.kind) })
}

fn line_of(product: &str) -> Result<CheckoutLine> {
    let amount = Money::of(800, "JPY".parse()?);
    Ok(CheckoutLine { product: product.to_owned(), title: product.to_owned(), amount, monthly: true })
}

fn subscription(state: &SubscriptionState) -> Value {
    json!({
        "is_ours": state.owner == Some(Owner { org: OrgId(7), order: OrderId(8) }),
        "standing": format!("{:?}", state.standing),
        "period_end": state.period_end.timestamp(),
        "ends_with_period": state.ends_with_period,
        "products": state.products,
    })
}
