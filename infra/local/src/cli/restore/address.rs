//! The database that is restored into. Its password comes from the address, the environment or the terminal, and is never printed.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use console::Term;
use hozon::language::say;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::ports::SourceSecret;

/// Password of the database, where its address has none.
const PASSWORD: &str = "HOZON_TARGET_PASSWORD";

/// Where to restore.
#[derive(Args)]
pub struct TargetArgs {
    #[arg(help = say("Database: postgres://user@host:5432/database or mysql://user@host:3306/database; the password may be in it, in HOZON_TARGET_PASSWORD, or is asked for. Or an empty folder for files that other CRMs import", "データベース: postgres://user@host:5432/database または mysql://user@host:3306/database（パスワードはアドレスか HOZON_TARGET_PASSWORD で指定するか、入力）。または、他の CRM にインポートするファイルを書き出す空のフォルダー"), long, value_name = "ADDRESS|DIR", env = "HOZON_TARGET", hide_env_values = true, required_unless_present = "org")]
    into: Option<String>,
    #[arg(help = say("File with the certificates, in PEM, of the authorities that may sign the server's certificate", "サーバー証明書の認証局の証明書（PEM）のファイル"), long, value_name = "FILE", requires = "into")]
    ca: Option<PathBuf>,
    #[arg(help = say("Profile with which the backup was made; `hozon profile list` lists them", "バックアップの作成に使ったプロファイル（`hozon profile list` で一覧表示）"), long, value_name = "NAME")]
    pub profile: Option<String>,
}

impl TargetArgs {
    /// The folder, if one is given instead of a database.
    pub fn folder(&self) -> Option<&Path> {
        self.into.as_deref().filter(|place| !place.contains("://")).map(Path::new)
    }

    /// The database, which must be given.
    pub async fn required(&self) -> Result<(SourceSettings, SourceSecret)> {
        self.given().await?.with_context(|| say("give --into", "--into を指定してください"))
    }

    /// The database, if one is given.
    pub async fn given(&self) -> Result<Option<(SourceSettings, SourceSecret)>> {
        let Some(address) = &self.into else { return Ok(None) };
        let (mut source, password) =
            SourceSettings::parse(address).context(say("read the address of --into", "--into のアドレスの読み取り"))?;
        if let (Some(file), SourceSettings::Postgres(settings) | SourceSettings::Mysql(settings)) = (&self.ca, &mut source) {
            settings.ca = Some(std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?);
        }
        let password = match password.or_else(|| std::env::var(PASSWORD).ok()) {
            Some(password) => Some(password),
            None => asked(&source).await?,
        };
        Ok(Some((source, SourceSecret { password, ..SourceSecret::default() })))
    }
}

/// Asks for the password on a terminal. `None` if there is no terminal, or nothing is entered.
async fn asked(source: &SourceSettings) -> Result<Option<String>> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    let question = format!("{} {}: ", say("Password for", "パスワード:"), source.shown());
    let read = tokio::task::spawn_blocking(move || {
        let terminal = Term::stderr();
        terminal.write_str(&question)?;
        terminal.read_secure_line()
    });
    let entered = read.await?.context(say("read the password", "パスワードの読み取り"))?;
    Ok(Some(entered).filter(|password| !password.is_empty()))
}
