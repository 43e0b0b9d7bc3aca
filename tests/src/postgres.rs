//! A PostgreSQL server of its own for each test, on a free port of the loopback interface; it stops with the test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hozon_connector_postgres::Postgres;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::DatabaseSettings;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::servers::{free_port, hand_over, is_root};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A running PostgreSQL server.
pub struct PostgresServer {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl PostgresServer {
    /// Starts a server with an empty database `crm` and the password `secret` for every user. `settings` are lines of its
    /// configuration.
    pub async fn start(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::write(folder.path().join("password"), "secret").expect("writes");
        hand_over(folder.path(), "postgres");
        let password = format!("--pwfile={}", folder.path().join("password").display());
        let options =
            ["-D", &data.display().to_string(), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256"];
        let made = program("initdb").args(options).arg(password).arg("--no-sync").stdout(Stdio::null()).status();
        assert!(made.expect("initdb").success(), "initdb failed");
        let port = free_port();
        let own =
            format!("\nport = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n{settings}\n");
        append(&data.join("postgresql.conf"), &own);
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let process = program("postgres").arg("-D").arg(&data).stdout(Stdio::null()).stderr(log).spawn().expect("postgres");
        let server = Self { process, port, folder };
        server.wait_until_ready().await;
        server.run("postgres", "create database crm").await;
        server
    }

    async fn wait_until_ready(&self) {
        let until = Instant::now() + START_TIMEOUT;
        while self.connect("postgres").await.is_err() {
            assert!(Instant::now() < until, "{}", std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let address = format!("host=127.0.0.1 port={} user=postgres password=secret dbname={database}", self.port);
        let (client, connection) = tokio_postgres::connect(&address, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Opens a session of the CRM itself.
    pub async fn client(&self) -> Client {
        self.connect("crm").await.expect("connects")
    }

    async fn run(&self, database: &str, sql: &str) {
        self.connect(database).await.expect("connects").batch_execute(sql).await.expect(sql);
    }

    /// Runs statements in the CRM's database.
    pub async fn sql(&self, sql: &str) {
        self.run("crm", sql).await;
    }

    /// Runs SQL in the CRM's database with PostgreSQL's own client, and returns what it prints: one line for each row, cells
    /// separated by `|`.
    pub fn psql(&self, sql: &str) -> String {
        self.client_program("psql", &["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
    }

    /// What `pg_dump` writes of the CRM's database.
    pub fn dump(&self, arguments: &[&str]) -> String {
        self.client_program("pg_dump", arguments)
    }

    /// Address of the CRM's database for a user.
    pub fn address(&self, user: &str, password: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{}/crm", self.port)
    }

    /// The connector, as that user.
    pub fn connector(&self, user: &str, password: &str) -> Postgres {
        let (settings, password) = DatabaseSettings::parse(&self.address(user, password)).expect("an address");
        Postgres::new(settings, password, Addresses::Any)
    }

    /// The connector as the owner of everything.
    pub fn owner(&self) -> Postgres {
        self.connector("postgres", "secret")
    }

    /// Runs a client program of PostgreSQL, and returns what it prints.
    fn client_program(&self, name: &str, arguments: &[&str]) -> String {
        let output = Command::new(binary(name))
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres", "-d", "crm"])
            .args(arguments)
            .env("PGPASSWORD", "secret")
            .output()
            .expect(name);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }

    /// Port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server at once, as a crash would.
    pub fn crash(&mut self) {
        let pid = self.pid();
        let _ = Command::new("kill").args(["-QUIT", &pid]).status();
        let _ = self.process.wait();
    }

    fn pid(&self) -> String {
        let file = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        file.lines().next().map_or_else(|| self.process.id().to_string(), str::to_owned)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.crash();
    }
}

/// PostgreSQL does not run as root: as root, its programs run as the user `postgres`, whom Debian's package makes.
fn program(name: &str) -> Command {
    if !is_root() {
        return Command::new(binary(name));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(binary(name));
    command
}

fn append(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).expect("reads");
    std::fs::write(path, before + text).expect("writes");
}

/// A program of the folder that `HOZON_TEST_POSTGRES` names, of the newest PostgreSQL of Debian's packages, or of the search path.
fn binary(name: &str) -> PathBuf {
    let chosen = std::env::var_os("HOZON_TEST_POSTGRES").map(|folder| Path::new(&folder).join(name));
    // Packages of servers have no client programs.
    if let Some(chosen) = chosen.filter(|path| path.exists()) {
        return chosen;
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|folder| folder.file_name().to_string_lossy().parse::<u32>().ok()).max();
    newest.map_or_else(|| PathBuf::from(name), |version| format!("/usr/lib/postgresql/{version}/bin/{name}").into())
}
