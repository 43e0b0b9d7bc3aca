//! `hozon connect zoho`: Zoho CRM as the source of an organisation's backups, with the code of a self client. Secrets come from the
//! environment or are asked for; a command line is seen by others.

use anyhow::{Context, Result, bail};
use clap::Args;
use console::Term;
use hozon::Local;
use hozon::language::{locale, say};
use hozon::tokens::administrator;
use hozon_connector_zoho::{GrantError, GrantedCode};
use hozon_shared::connecting::ConnectingPorts;
use hozon_shared::domain::connection::{Connection, SourceSettings};
use hozon_shared::domain::consent;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::zoho::{BackupChoice, DataCenter, ZohoEnvironment, ZohoSettings};
use hozon_shared::ports::SourceSecret;

use super::check::{NewOrganisationArgs, check_organisation, say_next};
use super::data_folder::{DataFolder, client_secret};
use super::ending::until_interrupted;

/// How Zoho CRM is reached.
#[derive(Args)]
pub struct ZohoLoginArgs {
    #[arg(help = say("Name of the organisation, which is created if it does not exist", "組織の名前（ない場合は作成します）"), long)]
    org: String,
    #[arg(help = say("Data centre of the CRM: us, eu, in, jp, au, cn, sa or ca", "CRM のデータセンター（us、eu、in、jp、au、cn、sa、ca）"), long, value_name = "NAME", value_parser = data_center)]
    data_center: DataCenter,
    #[arg(help = say("production, sandbox or developer", "production（本番）、sandbox、developer"), long, value_name = "NAME", value_parser = environment, default_value = "production")]
    environment: ZohoEnvironment,
    #[arg(help = say("Id of the self client [default: that of --zoho-client]; its secret is read from HOZON_ZOHO_CLIENT_SECRET, or asked for", "セルフクライアントのID [既定: --zoho-client の値]。シークレットは HOZON_ZOHO_CLIENT_SECRET から読み取るか、入力を求めます"), long, value_name = "ID")]
    client_id: Option<String>,
    #[arg(help = say("Code that Zoho's API console has generated for the self client", "Zoho API コンソールでセルフクライアント用に生成したコード"), long, value_name = "CODE", env = "HOZON_ZOHO_GRANT", hide_env_values = true)]
    grant: String,
    #[command(flatten)]
    new: NewOrganisationArgs,
}

/// Connects Zoho CRM by its API.
#[derive(Args)]
#[command(after_help = scopes(None))]
pub struct ZohoArgs {
    #[command(flatten)]
    login: ZohoLoginArgs,
    #[arg(help = say("Share of the API credits that backups may use in 24 hours, in percent", "バックアップが24時間に使用できる API クレジットの割合（%）"), long, value_name = "PERCENT", default_value_t = ZohoSettings::DEFAULT_CREDIT_SHARE)]
    credit_share: u8,
    #[arg(help = say("Number of API calls that backups make at a time", "同時に実行する API 呼び出しの数"), long, value_name = "NUMBER", default_value_t = ZohoSettings::DEFAULT_CALLS_AT_ONCE)]
    calls_at_once: u8,
    #[arg(help = say("The code covers writing, too, so that backups can be restored", "コードに書き込みの権限も含まれ、バックアップを復元できる"), long)]
    may_write: bool,
    #[arg(help = say("API name of a text field that takes the id that a record had before a restore created it again", "復元で作り直したレコードの元の ID を入れるテキスト項目の API 名"), long, value_name = "FIELD")]
    external_id: Option<String>,
}

/// Connects Zoho CRM by the backups that it makes of itself.
#[derive(Args)]
#[command(after_help = scopes(Some(BackupChoice::Newest)))]
pub struct ZohoBackupArgs {
    #[command(flatten)]
    login: ZohoLoginArgs,
    #[arg(help = say("newest: the newest backup whose links work, and a new one if there is none; new: a new one each time", "newest: リンクが有効な最新のバックアップ（ない場合は新しく作成）、new: 毎回新しく作成"), long, value_name = "CHOICE", value_parser = choice, default_value = "newest")]
    backup: BackupChoice,
}

/// What is connected, and with what.
pub struct ZohoWanted {
    login: ZohoLoginArgs,
    settings: ZohoSettings,
    backup: Option<BackupChoice>,
}

impl From<ZohoArgs> for ZohoWanted {
    fn from(zoho: ZohoArgs) -> Self {
        let ZohoArgs { login, credit_share, calls_at_once, may_write, external_id } = zoho;
        let settings = ZohoSettings { credit_share, calls_at_once, may_write, external_id, ..login.settings() };
        Self { login, settings, backup: None }
    }
}

impl From<ZohoBackupArgs> for ZohoWanted {
    fn from(zoho: ZohoBackupArgs) -> Self {
        let settings = zoho.login.settings();
        Self { login: zoho.login, settings, backup: Some(zoho.backup) }
    }
}

impl ZohoLoginArgs {
    fn settings(&self) -> ZohoSettings {
        let (environment, client_id) = (self.environment, self.client_id.clone());
        ZohoSettings { environment, client_id, ..ZohoSettings::of(self.data_center) }
    }
}

/// What the code has to cover.
fn scopes(backup: Option<BackupChoice>) -> String {
    let scopes = consent::scopes(backup, false).join(",");
    let further = consent::scopes(None, true).join(",");
    match backup {
        Some(_) => say(format!("Scopes of the code: {scopes}"), format!("コードのスコープ: {scopes}")),
        None => say(
            format!("Scopes of the code: {scopes}\nWith --may-write: {further}"),
            format!("コードのスコープ: {scopes}\n--may-write の場合: {further}"),
        ),
    }
}

fn choice(name: &str) -> Result<BackupChoice, &'static str> {
    BackupChoice::named(name).ok_or("newest, new")
}

fn data_center(name: &str) -> Result<DataCenter, &'static str> {
    DataCenter::named(name).ok_or("us, eu, in, jp, au, cn, sa, ca")
}

fn environment(name: &str) -> Result<ZohoEnvironment, &'static str> {
    ZohoEnvironment::named(name).ok_or("production, sandbox, developer")
}

/// Connects an organisation with a code, then shows what a backup would contain. The code works once, so that the connection
/// stays if the check fails.
pub async fn connect(place: DataFolder, wanted: ZohoWanted) -> Result<()> {
    let ZohoWanted { login: zoho, settings, backup } = wanted;
    require_valid(&settings)?;
    let client_secret = match settings.client_id {
        Some(_) => Some(own_secret().await?),
        None => None,
    };
    let mut local = place.start().await?;
    let NewOrganisationArgs { time_zone, plan, country } = &zoho.new;
    let org = local.organisation(&zoho.org, *time_zone, plan, country).await?;
    until_interrupted(local, async |local| {
        let granted = GrantedCode { code: zoho.grant, settings, client_secret, redirect: None };
        let access = local.connectors.zoho.as_ref().context("Zoho CRM cannot be read")?;
        let (settings, secret) = access.exchange(granted).await.map_err(refused)?;
        let connection = set(local, org, SourceSettings::of_zoho(settings, backup), &secret).await?;
        println!("{}", connection.source.shown());
        check_organisation(local, org).await?;
        say_next(&zoho.org);
        Ok(())
    })
    .await
}

fn require_valid(settings: &ZohoSettings) -> Result<()> {
    if let Err(field) = settings.validate() {
        let flag = field.replace('_', "-");
        bail!(say(format!("--{flag} is out of range"), format!("--{flag} の値が範囲外です")));
    }
    Ok(())
}

/// The secret of the self client, from the environment or the keyboard.
async fn own_secret() -> Result<String> {
    if let Some(secret) = client_secret() {
        return Ok(secret);
    }
    let read = tokio::task::spawn_blocking(|| {
        let terminal = Term::stderr();
        terminal.write_str(say("Secret of the client: ", "クライアントのシークレット: "))?;
        terminal.read_secure_line()
    });
    let unread = say(
        "set HOZON_ZOHO_CLIENT_SECRET, or enter the secret",
        "HOZON_ZOHO_CLIENT_SECRET を設定するか、シークレットを入力してください",
    );
    let secret = read.await?.context(unread)?;
    if secret.is_empty() { bail!(unread) } else { Ok(secret) }
}

async fn set(local: &Local, org: OrgId, source: SourceSettings, secret: &SourceSecret) -> Result<Connection> {
    let ports = ConnectingPorts::from(&local.ports);
    let present = ports.connections.connection(org).await?;
    let selection = present.as_ref().map(|present| present.selection.clone()).unwrap_or_default();
    Ok(ports.connect(org, (source, secret), selection, &administrator(), present.as_ref()).await?)
}

fn refused(error: GrantError) -> anyhow::Error {
    match error {
        GrantError::Code => anyhow::Error::msg(say(
            "Zoho does not accept the code: it was used before, has expired, or belongs to another client or data centre. Generate another one",
            "Zoho がコードを受け付けません。使用済み、期限切れ、または別のクライアントやデータセンターのコードです。新しく生成してください",
        )),
        GrantError::NoClient => anyhow::Error::msg(say(
            "give --client-id: no --zoho-client is set",
            "--client-id を指定してください（--zoho-client は設定されていません）",
        )),
        GrantError::Source(error) => anyhow::Error::msg(format!("{} ({})", explained(&error), error.kind.code())),
    }
}

/// What to do about an error of Zoho.
fn explained(error: &hozon_shared::ports::SourceError) -> String {
    use hozon_shared::domain::source::SourceErrorKind::{Busy, ClientUnknown, DataCenter, Unreachable};
    let japanese = match &error.kind {
        ClientUnknown => "クライアントのIDまたはシークレットが正しくありません",
        DataCenter => "組織は別のデータセンターにあります。--data-center を確認してください",
        Unreachable => "Zoho に接続できません。ネットワークを確認してください",
        Busy => "Zoho が混み合っています。しばらくしてから再試行してください",
        _ => "Zoho が要求を拒否しました",
    };
    if locale() == Locale::Ja { japanese.to_owned() } else { error.kind.to_string() }
}
