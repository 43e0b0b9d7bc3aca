//! What the servers of other makers have in common that tests start.

use std::path::Path;
use std::process::Command;

/// Gives a folder and all in it to a user, if the tests run as root: database servers refuse to.
pub(crate) fn hand_over(folder: &Path, user: &str) {
    if is_root() {
        let given = Command::new("chown").args(["-R", &format!("{user}:{user}")]).arg(folder).status();
        assert!(given.expect("chown").success(), "the folder could not be handed over");
    }
}

pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// A port of the loopback interface that is free now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}
