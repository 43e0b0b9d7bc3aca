//! The function and its dependencies.

use crate::channels::{Channels, Post};
use crate::ports::NotifyPorts;

/// Log line that the alarm `NoticesFailing` counts.
pub(crate) const FAILING: &str = "a notification failed and is tried again";

/// The function.
#[derive(Clone)]
pub struct Notify {
    pub(crate) ports: NotifyPorts,
    pub(crate) channels: Channels,
}

impl Notify {
    /// Creates the function on these ports; `post` posts messages to webhooks.
    pub fn new(ports: NotifyPorts, post: Post) -> Self {
        Self { channels: Channels::new(&ports, post), ports }
    }
}
