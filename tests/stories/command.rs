//! The command line as a user types it.

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

use super::terminal::read_startup_output;

/// Path of the program, which is built together with this test.
pub fn hozon() -> String {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let program = folder.join("hozon");
    assert!(program.exists(), "build it first: cargo build -p hozon");
    program.to_str().unwrap().to_owned()
}

/// Result of a command.
pub struct Ran {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

async fn run(mut command: Command) -> Ran {
    let output = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

async fn hozon_with(data: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(hozon());
    command.args(["--data", data.to_str().unwrap(), "--port", "0"]).args(arguments);
    run(command).await
}

/// Runs the program behind a shell command that limits its resources.
pub async fn hozon_under(limits: &str, data: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new("bash");
    let script = format!("{limits}; program=$0; data=$1; shift; exec \"$program\" --data \"$data\" --port 0 \"$@\"");
    command.args(["-c", &script, &hozon(), data.to_str().unwrap()]).args(arguments);
    run(command).await
}

fn zips(ran: &Ran) -> Vec<&str> {
    let paths = ran.out.lines().map(str::trim).filter(|line| line.contains(".zip  ("));
    paths.map(|line| line.split("  (").next().unwrap()).collect()
}

#[tokio::test]
async fn the_demo_makes_a_backup_that_verify_accepts_and_import_loads() {
    let folder = TempDir::new().unwrap();
    let demo = hozon_with(&folder.path().join("a"), &["--once"]).await;
    assert!(demo.ok, "{}", demo.err);
    assert!(demo.err.contains("items") && demo.err.contains("rows"), "shows progress: {}", demo.err);
    let zips = zips(&demo);
    assert_eq!(zips.len(), 2, "{}", demo.out);
    let verified = hozon_with(folder.path(), &[&["verify"], zips.as_slice()].concat()).await;
    assert!(verified.ok, "{}", verified.err);
    let imported = hozon_with(&folder.path().join("b"), &[&["import", "--org", "写し"], zips.as_slice()].concat()).await;
    assert!(imported.ok, "{}", imported.err);
    assert!(imported.out.contains("Leads: 3500 rows"), "{}", imported.out);
    let again = hozon_with(&folder.path().join("b"), &["backup", "--org", "写し"]).await;
    assert!(again.ok, "{}", again.err);
    let unknown = hozon_with(&folder.path().join("b"), &["backup", "--org", "nobody"]).await;
    assert!(!unknown.ok && unknown.err.contains("there are: 写し"), "{}", unknown.err);
}

#[tokio::test]
async fn an_unknown_plan_or_country_is_refused_with_the_known_ones() {
    let folder = TempDir::new().unwrap();
    let csv = folder.path().join("Leads.csv");
    std::fs::write(&csv, "Id\n1\n").unwrap();
    let import = async |more: &[&str]| {
        let data = folder.path().join("data");
        hozon_with(&data, &[&["import", "--org", "New", csv.to_str().unwrap()], more].concat()).await
    };
    let plan = import(&["--plan", "Gold"]).await;
    assert!(!plan.ok && plan.err.contains("no plan \"Gold\"; the plans are Free, Standard, Professional"), "{}", plan.err);
    let country = import(&["--country", "ZZ"]).await;
    assert!(
        !country.ok && country.err.contains("\"ZZ\" is not an ISO 3166-1") && country.err.contains("JP, US, GB"),
        "{}",
        country.err
    );
    let demo = hozon_with(&folder.path().join("demo"), &["--plan", "Gold", "--once"]).await;
    assert!(!demo.ok && demo.err.contains("no plan \"Gold\""), "{}", demo.err);
    let good = import(&["--plan", "Standard", "--country", "br"]).await;
    assert!(good.ok, "{}", good.err);
}

#[tokio::test]
async fn the_demo_serves_and_says_what_to_do_when_no_backup_is_left() {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(hozon());
    command.args(["--data", folder.path().to_str().unwrap(), "--port", "0", "--plan", "Free"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let said = read_startup_output(&mut child).await;
    assert!(said.contains("No backup was made: Your plan includes no free backups"), "{said}");
    assert!(said.contains("4242 4242 4242 4242") && said.contains("--plan Own"), "{said}");
    let url = said.split_whitespace().find(|word| word.starts_with("http")).unwrap().split('#').next().unwrap();
    assert!(reqwest::get(url).await.unwrap().status().is_success());
}

#[tokio::test]
async fn verify_names_the_first_difference() {
    let folder = TempDir::new().unwrap();
    let demo = hozon_with(&folder.path().join("a"), &["--once"]).await;
    let damaged = folder.path().join("Data_001.zip");
    let mut bytes = std::fs::read(zips(&demo)[0]).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let found = hozon_with(folder.path(), &["verify", damaged.to_str().unwrap()]).await;
    assert!(!found.ok);
    assert!(found.err.contains("Leads.csv cannot be read"), "{}", found.err);
    let missing = hozon_with(folder.path(), &["verify", "/nothing.zip"]).await;
    assert!(!missing.ok && missing.err.contains("/nothing.zip"), "{}", missing.err);
}

/// A limit on file sizes makes the operating system reject the store's writes, like a full disk.
#[tokio::test]
async fn a_refused_write_fails_the_backup_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let crm = folder.path().join("crm");
    std::fs::create_dir_all(crm.join("attachments/Leads/1")).unwrap();
    std::fs::write(crm.join("Leads.csv"), "Id\n1\n").unwrap();
    for number in 0..4 {
        std::fs::write(crm.join(format!("attachments/Leads/1/{number}.wav")), noise(3 << 20, number)).unwrap();
    }
    let imported = hozon_with(&data, &["import", "--org", "Full", "--plan", "Standard", crm.to_str().unwrap()]).await;
    assert!(imported.ok, "{}", imported.err);
    let failed = hozon_under("trap '' XFSZ; ulimit -f 6000", &data, &["backup", "--org", "Full"]).await;
    assert!(!failed.ok, "{}", failed.out);
    assert!(failed.err.contains("STORAGE_FULL"), "{}", failed.err);
    let names = std::fs::read_dir(data.join("s3")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let dangling: Vec<_> = names.filter(|name| name.starts_with(".upload")).collect();
    assert!(dangling.is_empty(), "{dangling:?}");
    // Both free backups of the plan are left.
    for _ in 0..2 {
        let ready = hozon_with(&data, &["backup", "--org", "Full"]).await;
        assert!(ready.ok, "{}", ready.err);
    }
    let used_up = hozon_with(&data, &["backup", "--org", "Full"]).await;
    assert!(!used_up.ok && used_up.err.contains("2 free backups are used"), "{}", used_up.err);
}

pub fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed + 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

#[tokio::test]
async fn the_programs_own_calls_ignore_a_proxy_in_the_environment() {
    let folder = TempDir::new().unwrap();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = Command::new(hozon());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, &address);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command.args(["--data", folder.path().to_str().unwrap(), "--port", "0", "--once"]);
    let demo = run(command).await;
    assert!(demo.ok, "{}", demo.err);
    assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "the proxy was called");
}
