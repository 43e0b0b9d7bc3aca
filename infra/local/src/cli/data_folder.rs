//! The data folder and the other options that all subcommands share.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, anyhow};
use chrono::TimeDelta;
use clap::Args;
use hozon::language::say;
use hozon::{AllowedHost, Local, LocalOptions, PublicUrl, ZohoOptions};
use hozon_connector_zoho::OauthClient;
use hozon_shared::domain::plan::Plans;
use hozon_shared::domain::price::Terms;
use hozon_shared::domain::profile::Profiles;
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::settings::{profiles_with, webhook_addresses, zoho_url};

use super::ending::ENDING;

const CLIENT_SECRET: &str = "HOZON_ZOHO_CLIENT_SECRET";
const NO_CLIENT_SECRET: &str = "the environment variable HOZON_ZOHO_CLIENT_SECRET is not set";

/// Options shared by all subcommands.
#[derive(Args)]
pub struct DataFolder {
    #[arg(help = say("The data folder", "データフォルダー"), long, global = true, default_value = "hozon-data", value_name = "DIR")]
    pub data: PathBuf,
    #[arg(help = say("Port of the API and the console, on this machine only [default: 4690, or any that is free]", "API とコンソールのポート（このマシンのみ）[既定: 4690、使用中の場合は空きポート]"), long, global = true)]
    port: Option<u16>,
    #[arg(help = say("Host name of a reverse proxy in front of the API and the console, such as crm.example. Can be repeated", "リバースプロキシ経由で応答する追加のホスト名（例: crm.example）。複数指定できます"), long = "allowed-host", env = "HOZON_ALLOWED_HOSTS", value_delimiter = ',', global = true, value_name = "HOST")]
    allowed_hosts: Vec<AllowedHost>,
    #[arg(help = say("Address of the program behind that proxy, such as https://crm.example: links and printed addresses lead there", "リバースプロキシ経由のアドレス（例: https://crm.example）。リンクと表示するアドレスに使います"), long, env = "HOZON_PUBLIC_URL", global = true, value_name = "URL")]
    public_url: Option<PublicUrl>,
    #[arg(help = say("How long a backup may take, in days: 1 to 30", "1回のバックアップの制限時間（日数、1〜30）"), long, env = "HOZON_RUN_DAYS", global = true, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=30))]
    run_days: u64,
    #[arg(help = say("How long snapshots of a CRM are kept, in days", "CRMのスナップショットの保存期間（日数）"), long, env = "HOZON_SNAPSHOT_DAYS", global = true, default_value_t = 35, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=36_500))]
    snapshot_days: i64,
    #[arg(help = say("Id of the OAuth client with which organisations connect Zoho CRM; HOZON_ZOHO_CLIENT_SECRET has its secret", "Zoho CRM の接続に使う OAuth クライアントのID（シークレットは HOZON_ZOHO_CLIENT_SECRET に設定）"), long, env = "HOZON_ZOHO_CLIENT_ID", global = true, value_name = "ID")]
    zoho_client: Option<String>,
    /// Plans, in the format of infra/plans.toml [default: that file].
    #[arg(long, global = true, value_name = "FILE")]
    plans: Option<PathBuf>,
    /// Prices, in the format of infra/prices.toml [default: that file]; `purchases = "off"` disables purchases.
    #[arg(long, global = true, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Folder with further profiles of CRMs, in the format of infra/profiles.
    #[arg(long, global = true, value_name = "DIR", env = "HOZON_PROFILES_FOLDER")]
    profiles: Option<PathBuf>,
}

impl DataFolder {
    pub fn options(self) -> Result<LocalOptions> {
        // Registers the signal handlers early, so that a request to stop is noticed even while the program starts.
        LazyLock::force(&ENDING);
        let terms = terms(self.plans.as_deref(), self.prices.as_deref())?;
        let profiles = self.profiles()?.into();
        let webhooks = webhook_addresses()?;
        let allowed_hosts = self.allowed_hosts.into_iter().collect();
        let public_url = self.public_url;
        let zoho = zoho(self.zoho_client)?;
        let mut options = LocalOptions {
            port: self.port,
            allowed_hosts,
            public_url,
            terms,
            profiles,
            zoho,
            webhooks,
            ..LocalOptions::new(self.data)?
        };
        options.limits.run_length = RunLength::days(self.run_days);
        options.limits.snapshots_kept = TimeDelta::days(self.snapshot_days);
        Ok(options)
    }

    /// Reads the profiles of CRMs.
    pub fn profiles(&self) -> Result<Profiles> {
        let Some(folder) = &self.profiles else { return Ok(Profiles::default()) };
        profiles_with(folder).map_err(|error| anyhow!(error)).with_context(|| format!("use {}", folder.display()))
    }

    pub async fn start(self) -> Result<Local> {
        Local::start(self.options()?).await
    }
}

/// What connections to Zoho CRM need, as command line and environment say.
fn zoho(client_id: Option<String>) -> Result<ZohoOptions> {
    let client = match client_id.filter(|id| !id.is_empty()) {
        Some(id) => Some(OauthClient::new(id, client_secret().context(NO_CLIENT_SECRET)?)),
        None => None,
    };
    Ok(ZohoOptions { client, url: zoho_url() })
}

/// Reads `HOZON_ZOHO_CLIENT_SECRET`: the secret of an OAuth client.
pub fn client_secret() -> Option<String> {
    std::env::var(CLIENT_SECRET).ok().filter(|secret| !secret.is_empty())
}

fn terms(plans: Option<&Path>, prices: Option<&Path>) -> Result<Terms> {
    let read = |file: &Path| std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()));
    let invalid = |file: Option<&Path>| format!("use {}", file.unwrap_or(Path::new("the built-in list")).display());
    let plans_text = plans.map(read).transpose()?;
    let prices_text = prices.map(read).transpose()?;
    let list = plans_text.map_or(Ok(Plans::default()), |text| Plans::parse(&text)).with_context(|| invalid(plans))?;
    Terms::parse(list, prices_text.as_deref().unwrap_or(hozon::PRICES)).with_context(|| invalid(prices))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        place: DataFolder,
    }

    #[tokio::test]
    async fn limits_come_from_the_command_line() {
        let line = <Line as clap::Parser>::parse_from(["hozon", "--snapshot-days", "3", "--run-days", "2"]);
        let limits = line.place.options().expect("options").limits;
        assert_eq!((limits.snapshots_kept, limits.run_length), (TimeDelta::days(3), RunLength::days(2)));
    }
}
