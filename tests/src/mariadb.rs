//! A MariaDB server of its own for each test, on a free port of the loopback interface; it stops with the test.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hozon_connector_mysql::Mysql;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::DatabaseSettings;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use tempfile::TempDir;

use crate::servers::{free_port, hand_over, is_root};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Small files and few writes, since the data live as long as a test.
const SETTINGS: [&str; 8] = [
    "--no-defaults",
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--aria-log-file-size=8M",
];

/// A running MariaDB server.
pub struct MariadbServer {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl MariadbServer {
    /// Starts a server with an empty database `crm`, whose user `root` has the password `secret`. `settings` are further options of
    /// the server.
    pub async fn start(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = format!("--datadir={}", folder.path().join("data").display());
        // A server that starts deletes the temporary tables in its folder, whichever server they are of.
        let temporary = format!("--tmpdir={}", folder.path().display());
        hand_over(folder.path(), "mysql");
        let made = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"])
            .args([&data, &temporary, "--innodb-log-file-size=16M", "--aria-log-file-size=8M"])
            .args(user())
            .stdout(Stdio::null())
            .status();
        assert!(made.expect("mariadb-install-db").success(), "mariadb-install-db failed");
        let port = free_port();
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let process = Command::new(program())
            .args(SETTINGS)
            .args([&data, &temporary, &format!("--port={port}"), &format!("--socket={}", folder.path().join("socket").display())])
            .args(user())
            .args(settings)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("mariadbd");
        let server = Self { process, port, folder };
        let mut first = server.wait_until_ready().await;
        let with_password = ["localhost", "127.0.0.1"].map(|host| format!("alter user root@'{host}' identified by 'secret'"));
        for sql in ["create database crm".to_owned()].into_iter().chain(with_password) {
            first.query_drop(sql.as_str()).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        server
    }

    async fn wait_until_ready(&self) -> Conn {
        let until = Instant::now() + START_TIMEOUT;
        loop {
            match Conn::new(self.options("root", "", None)).await {
                Ok(conn) => return conn,
                Err(error) => assert!(
                    Instant::now() < until,
                    "{error} {}",
                    std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
                ),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn options(&self, user: &str, password: &str, database: Option<&str>) -> OptsBuilder {
        OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.port)
            .user(Some(user))
            .pass(Some(password))
            .db_name(database)
            .prefer_socket(false)
            .init(vec!["set names utf8mb4"])
    }

    /// Opens a session of the CRM itself.
    pub async fn client(&self) -> Conn {
        Conn::new(self.options("root", "secret", Some("crm"))).await.expect("connects")
    }

    /// Runs statements, which are separated by semicolons at the ends of lines, in the CRM's database.
    pub async fn sql(&self, sql: &str) {
        let mut client = self.client().await;
        for statement in sql.split(";\n").map(|statement| statement.trim().trim_end_matches(';')) {
            if !statement.is_empty() {
                client.query_drop(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
            }
        }
        client.disconnect().await.expect("disconnects");
    }

    /// What `mariadb-dump` writes of the CRM's database.
    pub fn dump(&self, arguments: &[&str]) -> String {
        let output = Command::new("mariadb-dump")
            .args([
                "--no-defaults",
                "-h127.0.0.1",
                "-uroot",
                "-psecret",
                &format!("-P{}", self.port),
                "--skip-dump-date",
                "--hex-blob",
            ])
            .args(arguments)
            .arg("crm")
            .output()
            .expect("mariadb-dump");
        assert!(output.status.success(), "mariadb-dump: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Address of the CRM's database for a user.
    pub fn address(&self, user: &str, password: &str) -> String {
        format!("mysql://{user}:{password}@127.0.0.1:{}/crm", self.port)
    }

    /// The connector, as that user.
    pub fn connector(&self, user: &str, password: &str) -> Mysql {
        let (settings, password) = DatabaseSettings::parse(&self.address(user, password)).expect("an address");
        Mysql::new(settings, password, Addresses::Any)
    }

    /// The connector as a user with all rights.
    pub fn owner(&self) -> Mysql {
        self.connector("root", "secret")
    }

    /// Port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A folder that the server may read.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the server at once, as a crash would.
    pub fn crash(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for MariadbServer {
    fn drop(&mut self) {
        self.crash();
    }
}

/// MariaDB does not run as root: started by root, it becomes the user `mysql`, whom Debian's package makes.
fn user() -> Option<&'static str> {
    is_root().then_some("--user=mysql")
}

/// The server of Debian's package, which is in a folder for administrators, or the one of the search path.
fn program() -> &'static str {
    if Path::new("/usr/sbin/mariadbd").exists() { "/usr/sbin/mariadbd" } else { "mariadbd" }
}
