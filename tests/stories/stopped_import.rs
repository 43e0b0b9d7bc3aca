//! An import that is interrupted while it loads leaves nothing behind, and keeps what was there before.
#![cfg(unix)]

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

use crate::strangers::files;
use crate::terminal::command;

/// Writes a CSV file large enough that the store holds some of its rows long before the last one is read.
fn many_rows(path: &Path) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    file.write_all(b"Id,Text\n").unwrap();
    let text = "x".repeat(1_000);
    for id in 0..150_000 {
        writeln!(file, "{id},{text}").unwrap();
    }
}

async fn ran(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(data, arguments, "C").output().await.unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test]
async fn an_import_that_is_asked_to_end_loads_nothing_and_says_so() {
    let folder = TempDir::new().unwrap();
    let (data, small, large) = (folder.path().join("data"), folder.path().join("Leads.csv"), folder.path().join("Deals.csv"));
    std::fs::write(&small, "Id\n1\n").unwrap();
    many_rows(&large);
    let imported = ran(&data, &["import", "--org", "Old", "--plan", "Standard", small.to_str().unwrap()]).await;
    assert_eq!(imported.0, Some(0), "{}", imported.1);
    let stored = data.join("s3/crm");
    let before = files(&stored);
    for (organisation, signal) in [("Old", "-TERM"), ("New", "-INT")] {
        let arguments = ["import", "--org", organisation, small.to_str().unwrap(), large.to_str().unwrap()];
        let mut child = command(&data, &arguments, "C");
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while !files(&stored).iter().any(|file| file.to_str().unwrap().contains("/Deals/")) {
            assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
            tokio::task::yield_now().await;
        }
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
        let output = child.wait_with_output().await.unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(3), "{signal}: {said}");
        assert!(said.contains("interrupted; nothing was loaded"), "{said}");
        assert_eq!(files(&stored), before, "{signal}: nothing of it is left");
    }
    let (code, said) = ran(&data, &["backup", "--org", "Old"]).await;
    assert!(code == Some(0) && said.contains("Backed up 1 rows"), "{said}");
    let (code, said) = ran(&data, &["token", "--org", "New"]).await;
    assert!(code == Some(1), "there is no such organisation: {said}");
}
