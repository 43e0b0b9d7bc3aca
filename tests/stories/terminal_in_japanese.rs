//! Every message of the commands in a Japanese terminal.

use std::path::Path;

use tempfile::TempDir;

use crate::terminal::command;

async fn run(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(data, arguments, "ja_JP.UTF-8").output().await.unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    // File names and format names may be English; English sentences are recognised by their small words.
    let english: Vec<_> =
        text.lines().filter(|line| [" is ", " the ", " of ", " not "].iter().any(|word| line.contains(word))).collect();
    assert!(english.is_empty(), "{arguments:?}: {english:?}");
    (output.status.code(), text)
}

#[tokio::test]
async fn an_import_says_in_japanese_what_it_loads_and_why_it_does_not() {
    let folder = TempDir::new().unwrap();
    let (data, crm) = (folder.path().join("data"), folder.path().join("crm"));
    std::fs::create_dir_all(&crm).unwrap();
    let path = |name: &str| crm.join(name).to_str().unwrap().to_owned();
    for (name, text) in
        [("Leads.csv", "Id;Name\n1;A\n"), ("Ragged.csv", "Id,Name\n1\n"), ("Deals.xlsx", "x"), ("Broken.zip", "PK")]
    {
        std::fs::write(crm.join(name), text).unwrap();
    }
    for (from, code, said) in [
        ("Leads.csv", 0, &["Leads: 1 行、添付ファイル 0 件", "注意: ", "区切り文字は"][..]),
        ("Ragged.csv", 1, &["エラー: ", "2 行目: ヘッダーは 2 列ですが、セルが 1 個あります"]),
        ("Deals.xlsx", 2, &["理解できないファイルが 1 件", "表計算ファイルです。シートを CSV で保存してください"]),
        ("Broken.zip", 1, &["Broken.zip を読めません: zip ではないか、末尾が欠けています"]),
        ("Nothing.csv", 1, &["Nothing.csv を読めません: ファイルまたはフォルダーが見つかりません"]),
    ] {
        let ran = run(&data, &["import", "--org", "桜商事", "--plan", "Standard", &path(from)]).await;
        assert!(ran.0 == Some(code) && said.iter().all(|text| ran.1.contains(text)), "{from}: {ran:?}");
    }
    let mistakes: [(&[&str], i32, &str); 5] = [
        (&["import", "--org", "新しい組織", "--plan", "Gold", &path("Leads.csv")], 1, "プラン \"Gold\" はありません"),
        (&["import", "--org", "", &path("Leads.csv")], 1, "は組織の名前にできません"),
        (&["import", &path("Leads.csv")], 2, "引数が足りません: --org"),
        (&["backup", "--org", "だれか"], 1, "組織 \"だれか\" はありません。登録されている組織: 桜商事"),
        (&["token", "--org", "だれか"], 1, "登録されている組織: 桜商事"),
    ];
    for (arguments, code, said) in mistakes {
        let ran = run(&data, arguments).await;
        assert!(ran.0 == Some(code) && ran.1.contains(said), "{arguments:?}: {ran:?}");
    }
}

#[tokio::test]
async fn verify_says_in_japanese_what_is_right_and_what_differs() {
    let folder = TempDir::new().unwrap();
    let (data, csv) = (folder.path().join("data"), folder.path().join("Leads.csv"));
    std::fs::write(&csv, "Id,Name\n1,A\n").unwrap();
    assert_eq!(run(&data, &["import", "--org", "桜商事", csv.to_str().unwrap()]).await.0, Some(0));
    let (code, said) = run(&data, &["backup", "--org", "桜商事"]).await;
    let zip = said.split_whitespace().find(|word| word.ends_with("Data_001.zip")).unwrap_or_else(|| panic!("{said}")).to_owned();
    assert!(code == Some(0) && said.contains("1 行、"), "{said}");
    let (code, said) = run(&data, &["verify", &zip]).await;
    assert!(code == Some(0) && said.contains("正常です。") && said.contains("桜商事 のマニフェストと一致しました"), "{said}");
    let damaged = folder.path().join("Damaged.zip");
    let mut bytes = std::fs::read(&zip).unwrap();
    let last = bytes.len() - 30;
    bytes.truncate(last);
    std::fs::write(&damaged, &bytes).unwrap();
    let (code, said) = run(&data, &["verify", damaged.to_str().unwrap()]).await;
    assert!(code == Some(1) && said.contains("Damaged.zip: 読めません: zip ではないか"), "{said}");
}

#[tokio::test]
async fn a_capture_without_credentials_says_so_in_both_languages() {
    let folder = TempDir::new().unwrap();
    for (language, said) in
        [("ja_JP.UTF-8", "エラー: 使用できるAWSの認証情報がありません"), ("C", "error: There are no AWS credentials that work")]
    {
        let mut capture = command(folder.path(), &["capture", "--stack", "hozon"], language);
        for name in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
        {
            capture.env_remove(name);
        }
        let capture = capture.env("HOME", folder.path()).env("AWS_REGION", "eu-west-1").env("AWS_EC2_METADATA_DISABLED", "true");
        let output = capture.output().await.unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && text.starts_with(said), "{text}");
    }
}
