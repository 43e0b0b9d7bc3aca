//! What the handlers of this function share.

use axum::extract::FromRef;
use hozon_shared::domain::webhook::Addresses;
use hozon_shared::ports::Ports;

#[derive(Clone)]
pub struct App {
    pub ports: Ports,
    pub addresses: Addresses,
}

impl FromRef<App> for Ports {
    fn from_ref(app: &App) -> Self {
        app.ports.clone()
    }
}
