//! The program behind a reverse proxy answers to the hosts that its operator names, and to no others.

use std::process::Stdio;

use hozon::serving::Serving;
use hozon_tests::World;
use reqwest::{Client, StatusCode};
use tempfile::TempDir;

use crate::terminal::{command, read_startup_output};

/// Requests the console the way a reverse proxy forwards the request of a page at `origin`.
async fn ask(url: &str, host: Option<&str>, origin: Option<&str>) -> StatusCode {
    let mut request = Client::builder().no_proxy().build().unwrap().get(format!("{url}/"));
    for (name, value) in [("host", host), ("origin", origin)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_host_is_answered_where_it_is_allowed_and_refused_where_it_is_not() {
    let asked = [
        (Some("crm.example"), Some("https://crm.example")),
        (Some("crm.example"), None),
        (None, Some("https://crm.example")),
        (Some("evil.example"), Some("https://evil.example")),
        (Some("crm.example"), Some("https://evil.example")),
        (None, Some("https://evil.example")),
    ];
    for (allowed, expected) in [(&["crm.example"][..], [200, 200, 200, 403, 403, 403]), (&[], [403; 6])] {
        let world = World::start_with(|options| {
            options.allowed_hosts = allowed.iter().map(|host| host.parse().unwrap()).collect();
        })
        .await;
        let mut answered = Vec::new();
        for (host, origin) in asked {
            answered.push(ask(&world.local.url, host, origin).await.as_u16());
        }
        assert_eq!(answered, expected, "{allowed:?}");
        let payments = world.local.stripe.url().to_owned();
        assert_eq!(
            ask(&payments, Some("crm.example"), None).await,
            StatusCode::FORBIDDEN,
            "only the gateway is behind the proxy"
        );
        world.end().await;
    }
}

#[tokio::test]
async fn hosts_are_named_by_arguments_or_by_the_environment() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    for (arguments, environment) in [
        (&["serve", "--allowed-host", "crm.example", "--allowed-host", "backup.example"][..], ""),
        (&["serve"], "crm.example,backup.example"),
    ] {
        let mut command = command(&data, arguments, "C");
        if !environment.is_empty() {
            command.env("HOZON_ALLOWED_HOSTS", environment);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        read_startup_output(&mut child).await;
        let url = Serving::read(&data).unwrap().expect("it serves").url;
        for (host, status) in [("crm.example", 200), ("backup.example", 200), ("evil.example", 403)] {
            assert_eq!(ask(&url, Some(host), None).await.as_u16(), status, "{host} {arguments:?} {environment}");
        }
        child.kill().await.unwrap();
    }
    let wrong = command(&data, &["serve", "--allowed-host", "https://crm.example"], "C").output().await.unwrap();
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(wrong.status.code() == Some(2) && said.contains("crm.example:8443, without https://"), "{said}");
}
