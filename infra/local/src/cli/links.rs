//! `hozon links` and `hozon token`: information about the running program, on request.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Args;
use hozon::no_organisation;
use hozon::serving::{OfflineTokens, Serving};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Role;
use serde_json::json;

use super::client::Client;
use hozon::language::{locale, say};

/// Test cards of the local checkout, with the effect of each.
pub const TEST_CARDS: [(&str, &str, &str); 6] = [
    ("4242 4242 4242 4242", "pays", "支払い成功"),
    ("4000 0000 0000 0002", "declined", "支払い拒否"),
    ("4000 0000 0000 9995", "insufficient funds", "残高不足"),
    ("4000 0025 0000 3155", "requires 3-D Secure", "3Dセキュア認証"),
    ("4000 0000 0000 0341", "pays now, fails at the renewal", "初回は成功、更新時に失敗"),
    ("4000 0000 0000 0259", "pays, then disputed", "支払い後に異議申し立て"),
];

/// Prints addresses while `hozon` or `hozon serve` is running: the console, the newest backup's zips, the mails, the
/// API, test cards.
#[derive(Args)]
pub struct LinksArgs {
    /// The organisation's name [default: all].
    #[arg(long)]
    org: Option<String>,
}

/// Prints a token for scripts, valid for seven days (send as `Authorization: Zoho-oauthtoken TOKEN`).
#[derive(Args)]
pub struct TokenArgs {
    /// The organisation's name [default: the only one].
    #[arg(long)]
    org: Option<String>,
    /// Issues a plain user's token instead of an administrator's.
    #[arg(long)]
    user: bool,
    /// Prints the tokens of all organisations and roles as JSON.
    #[arg(long, conflicts_with_all = ["org", "user"])]
    json: bool,
}

pub async fn links(data: &Path, arguments: LinksArgs) -> Result<()> {
    let known = OfflineTokens::read(data)?;
    let serving = Serving::read(data)?;
    let Some(serving) = serving else {
        let (data, en, ja) = (data.display(), "nothing serves", "は起動していません");
        bail!(
            "{}",
            say(
                format!("{en} {data} now; start it with `hozon --data {data} serve`"),
                format!("{data} {ja}。`hozon --data {data} serve` で起動してください")
            )
        );
    };
    let (url, public) = (&serving.url, serving.public_url());
    let all = known.organisations().iter();
    let wanted: Vec<_> = all.filter(|entry| arguments.org.as_ref().is_none_or(|name| entry.name == *name)).collect();
    if let (true, Some(name)) = (wanted.is_empty(), &arguments.org) {
        return Err(unknown(&known, name));
    }
    for entry in wanted {
        let token = known.token(entry.id, Role::Administrator, locale())?;
        println!("{}", entry.name);
        println!("  {}  {public}/#token={token}", say("console  ", "コンソール    "));
        println!("  {}  {public}/mail#token={token}", say("sent mail", "送信済みメール"));
        downloads(url, token).await.with_context(|| {
            say(
                format!("ask {url}; is the program still running?"),
                format!("{url} に接続できません。プログラムは起動していますか"),
            )
        })?;
    }
    println!("\nAPI  {public}/crm/bulk/v8/backup  ({public}/openapi.json)");
    println!(
        "\n{}",
        say("Test cards, with any later date and any code:", "テストカード（有効期限は将来の日付、セキュリティコードは任意）:")
    );
    for (number, en, ja) in TEST_CARDS {
        println!("  {number}  {}", say(en, ja));
    }
    Ok(())
}

/// Prints the links of the newest backup that can be downloaded.
async fn downloads(url: &str, token: String) -> Result<()> {
    let Some(urls) = Client::at(url, token).newest_urls().await? else {
        println!("  {}", say("no backup can be downloaded", "ダウンロードできるバックアップはありません"));
        return Ok(());
    };
    for link in urls.data_links.iter().chain(&urls.attachment_links) {
        println!("  {}  {link}", say("download ", "ダウンロード  "));
    }
    Ok(())
}

pub fn token(data: &Path, arguments: &TokenArgs) -> Result<()> {
    let known = OfflineTokens::read(data)?;
    if arguments.json {
        return all_tokens(&known);
    }
    let org = match (&arguments.org, known.organisations()) {
        (Some(name), _) => find(&known, name)?,
        (None, [only]) => only.id,
        (None, _) => {
            let names = names(&known).join(", ");
            bail!(say(
                format!("name the organisation with --org; there are: {names}"),
                format!("--org で組織を指定してください。登録されている組織: {names}")
            ))
        }
    };
    let role = if arguments.user { Role::User } else { Role::Administrator };
    println!("{}", known.token(org, role, locale())?);
    Ok(())
}

fn all_tokens(known: &OfflineTokens) -> Result<()> {
    let mut tokens = Vec::new();
    for entry in known.organisations() {
        let token = |role| known.token(entry.id, role, locale());
        tokens.push(json!({
            "organisation": entry.name,
            "id": entry.id,
            "administrator": token(Role::Administrator)?,
            "user": token(Role::User)?,
        }));
    }
    println!("{}", serde_json::to_string_pretty(&tokens)?);
    Ok(())
}

fn find(known: &OfflineTokens, name: &str) -> Result<OrgId> {
    known.organisations().iter().find(|entry| entry.name == name).map(|entry| entry.id).ok_or_else(|| unknown(known, name))
}

fn unknown(known: &OfflineTokens, name: &str) -> anyhow::Error {
    anyhow::anyhow!(no_organisation(name, &names(known)))
}

fn names(known: &OfflineTokens) -> Vec<&str> {
    known.organisations().iter().map(|entry| entry.name.as_str()).collect()
}
