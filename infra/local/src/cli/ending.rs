//! Graceful shutdown on a signal.

use std::sync::LazyLock;

use anyhow::Result;
use hozon::Local;
use hozon::language::say;
use hozon_shared::telemetry::Causes;
use tokio_util::sync::CancellationToken;

/// Runs work on a started program until it completes or the user or system asks to stop, and then stops the program.
pub async fn until_interrupted(local: Local, work: impl AsyncFnOnce(&Local) -> Result<()>) -> Result<()> {
    let outcome = tokio::select! {
        outcome = work(&local) => outcome,
        () = ENDING.cancelled() => {
            println!("\n{}", say("Stopping. Work in progress continues at the next start.", "終了します。実行中の処理は次回の起動時に再開します。"));
            Ok(())
        }
    };
    let stopped = local.stop().await;
    outcome.and(stopped)
}

/// A token that is cancelled when the program is asked to stop, by Ctrl-C or by the signal that `kill`,
/// systemd and containers send first.
pub static ENDING: LazyLock<CancellationToken> = LazyLock::new(|| {
    let (ending, asked) = (CancellationToken::new(), asked_to_end());
    let asked_for = ending.clone();
    tokio::spawn(async move {
        match asked.await {
            Ok(()) => asked_for.cancel(),
            Err(error) => tracing::warn!(error = %Causes(&error), "the program cannot be asked to end"),
        }
    });
    ending
});

/// Starts listening immediately, not only when the future is awaited.
fn asked_to_end() -> impl Future<Output = std::io::Result<()>> + Send {
    #[cfg(unix)]
    let listening = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).and_then(|terminated| Ok((terminated, signal(SignalKind::interrupt())?)))
    };
    async move {
        #[cfg(unix)]
        {
            let (mut terminated, mut interrupted) = listening?;
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
            }
            Ok(())
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await
    }
}
