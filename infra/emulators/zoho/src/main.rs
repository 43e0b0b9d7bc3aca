//! Serves a sample organisation to tests in other languages. Prints its address, and ends with its input or when nobody
//! has called it for a while.

use std::io::Write;
use std::time::Duration;

use hozon_emulator_zoho::{SampleSize, State, ZohoServer};
use tokio::io::AsyncReadExt;

/// How long it waits for a call.
const IDLE: Duration = Duration::from_secs(15 * 60);

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = if arguments.iter().any(|argument| argument == "large") { SampleSize::large() } else { SampleSize::small() };
    let port = arguments.iter().skip_while(|argument| *argument != "--port").nth(1);
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(0);
    let server = ZohoServer::start_on(port, State::sample(size)).await?;
    writeln!(std::io::stdout(), "{}", server.base_url())?;
    std::io::stdout().flush()?;
    tokio::select! {
        ended = input_ended() => ended,
        () = idle(&server) => Ok(()),
    }
}

async fn input_ended() -> std::io::Result<()> {
    let mut input = tokio::io::stdin();
    let mut piece = [0; 1024];
    while input.read(&mut piece).await? > 0 {}
    Ok(())
}

async fn idle(server: &ZohoServer) {
    let mut before = None;
    while before != Some(server.served()) {
        before = Some(server.served());
        tokio::time::sleep(IDLE).await;
    }
}
