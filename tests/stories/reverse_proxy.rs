//! The program behind a reverse proxy answers to the hosts that its operator names, and to no others.

use std::process::Stdio;

use hozon::serving::Serving;
use hozon_tests::{Crm, World};
use mail_parser::MessageParser;
use reqwest::{Client, StatusCode};
use serde_json::Value;
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
async fn links_lead_to_the_proxy_and_serve_zips_there() {
    let world = World::start_with(|options| options.public_url = Some("https://crm.example".parse().unwrap())).await;
    world.import(Crm::small().inputs()).await;
    let zips = world.back_up_well().await;
    world.local.wait_until_delivered().await.unwrap();
    let administrator = world.administrator();
    let urls = administrator.get("/backup/urls").await.body["urls"].clone();
    let feed = administrator.get("/backup/notifications").await.body["notifications"][0]["links"].clone();
    let mails = std::fs::read_dir(world.data_folder().join("mail")).unwrap();
    let mails =
        mails.map(|mail| MessageParser::default().parse(&std::fs::read(mail.unwrap().path()).unwrap()).unwrap().into_owned());
    let texts: String = mails.map(|mail| mail.body_text(0).unwrap().into_owned()).collect();
    let mut links: Vec<String> = texts.lines().filter(|line| line.starts_with("http")).map(str::to_owned).collect();
    assert_eq!(links.len(), 2, "{texts}");
    links.extend([&urls["data_links"][0], &urls["attachment_links"][0], &feed[0]["url"], &feed[1]["url"]].map(text));
    for (link, zip) in links.iter().zip(zips.iter().cycle()) {
        let path = link.strip_prefix("https://crm.example/").unwrap_or_else(|| panic!("{link}"));
        let request = Client::builder().no_proxy().build().unwrap().get(format!("{}/{path}", world.local.url));
        let answer = request.header("host", "crm.example").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{link}");
        assert_eq!(answer.bytes().await.unwrap(), std::fs::read(zip).unwrap(), "{link}");
    }
    drop(administrator);
    world.end().await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn printed_addresses_are_those_of_the_proxy() {
    let folder = TempDir::new().unwrap();
    let (crm, data) = (Crm::small(), folder.path().join("data"));
    let import = ["import", "--org", "O", "--plan", "Standard", crm.path().to_str().unwrap()];
    for arguments in [&import[..], &["backup", "--org", "O"]] {
        let done = command(&data, arguments, "C").output().await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let mut serving = command(&data, &["serve", "--public-url", "https://crm.example/"], "C");
    let mut child = serving.stdout(Stdio::piped()).spawn().unwrap();
    let printed = read_startup_output(&mut child).await;
    let url = Serving::read(&data).unwrap().expect("it serves").url;
    assert_eq!(ask(&url, Some("crm.example"), Some("https://crm.example")).await, StatusCode::OK);
    let links = command(&data, &["links"], "C").output().await.unwrap();
    let links = String::from_utf8(links.stdout).unwrap();
    for (text, addresses) in [(&printed, 2), (&links, 6)] {
        let named = text.split_whitespace().filter(|word| word.trim_start_matches('(').starts_with("https://crm.example/"));
        assert_eq!((named.count(), text.contains("127.0.0.1")), (addresses, false), "{text}");
    }
    child.kill().await.unwrap();
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
