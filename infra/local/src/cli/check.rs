//! `hozon check`: what a backup would contain. Connecting shows the same.

use anyhow::{Context, Result, anyhow};
use chrono_tz::Tz;
use clap::Args;
use hozon::language::{locale, say};
use hozon::{Local, connectors};
use hozon_connectors::Connectors;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::profile::{Profile, Profiles, shape};
use hozon_shared::domain::selection::{Omission, Selection, without_omissions};
use hozon_shared::domain::source::{ApiCost, Gap, GapKind, SourceAdvice, SourceReport};
use hozon_shared::ports::SourceSecret;
use indicatif::HumanBytes;

use super::data_folder::DataFolder;
use super::ending::until_interrupted;

/// Checks the connection of an organisation.
#[derive(Args)]
pub struct CheckArgs {
    /// The organisation's name.
    #[arg(long)]
    org: String,
}

/// What an organisation gets that does not exist yet.
#[derive(Args)]
pub struct NewOrganisationArgs {
    /// Time zone of a new organisation.
    #[arg(long, default_value = "Asia/Tokyo")]
    pub time_zone: Tz,
    /// Plan of a new organisation.
    #[arg(long, default_value = "Own")]
    pub plan: String,
    /// Country of a new organisation (ISO 3166-1 alpha-2), whose price list applies.
    #[arg(long, default_value = "JP")]
    pub country: String,
}

/// Says that the organisation is connected, and what to do next.
pub fn say_next(org: &str) {
    println!(
        "{}",
        say(
            format!("Connected. Next: hozon backup --org '{org}'"),
            format!("接続しました。次のコマンド: hozon backup --org '{org}'")
        )
    );
}

/// Shows what a backup of the organisation would contain now.
pub async fn check(place: DataFolder, check: CheckArgs) -> Result<()> {
    let local = place.start().await?;
    until_interrupted(local, async |local| check_organisation(local, local.find_organisation(&check.org)?).await).await
}

/// Shows what a backup of that organisation would contain now.
pub async fn check_organisation(local: &Local, org: OrgId) -> Result<()> {
    let connection = local.ports.connections.connection(org).await?;
    let Some(connection) = connection.filter(|connection| connection.source.is_captured()) else {
        println!(
            "{}",
            say(
                "The organisation uses the native store; there is nothing to check.",
                "この組織は標準のストアを使用しています。確認する接続はありません。"
            )
        );
        return Ok(());
    };
    let secret = local.ports.credentials.get((org, connection.role), connection.id).await?;
    let Selection { omitted, profile } = &connection.selection;
    let profile = profile.as_ref().map(|name| local.profiles.find(name)).transpose()?;
    let found = checked(&local.connectors, (org, connection.id), &connection.source, secret).await?;
    tell(found, &connection.source, (&local.profiles, profile), omitted);
    Ok(())
}

/// Shows what a backup would contain, and names the profile of a database that has none yet.
pub fn tell(
    mut found: SourceReport,
    source: &SourceSettings,
    (profiles, profile): (&Profiles, Option<&Profile>),
    omitted: &[Omission],
) {
    found.advice.extend(profile.and_then(|profile| profile.advice(&found.modules, source.has_files())));
    let recognised = profile.is_none().then(|| profiles.recognise(&found.modules, &found.gaps)).flatten();
    show(&shaped(found, profile, omitted));
    if let Some(recognised) = recognised {
        suggest(recognised);
    }
}

/// What a backup would show of a source.
fn shaped(report: SourceReport, profile: Option<&Profile>, omitted: &[Omission]) -> SourceReport {
    let shaped = shape(&report.modules, &report.gaps, profile, locale());
    let (modules, gaps) = without_omissions(&shaped.modules, &shaped.gaps, omitted);
    SourceReport { modules, gaps, ..report }
}

fn suggest(Profile { name, title, .. }: &Profile) {
    println!(
        "{}",
        say(
            format!("This looks like {title}. Connect it with --profile {name} to see its modules by name."),
            format!("{title}のデータベースのようです。--profile {name} を付けて接続すると、モジュールが名前で表示されます。")
        )
    );
}

/// Asks the database of a source what a backup would contain.
pub async fn report(source: &SourceSettings, secret: SourceSecret) -> Result<SourceReport> {
    checked(&connectors(None), (OrgId(0), ConnectionId(0)), source, secret).await
}

async fn checked(
    connectors: &Connectors,
    connection: (OrgId, ConnectionId),
    source: &SourceSettings,
    secret: SourceSecret,
) -> Result<SourceReport> {
    let connector = connectors.open(connection, None, source, secret).context("open the connector")?;
    let address = source.shown();
    connector.check().await.map_err(|error| anyhow!("{address}: {} ({})", error.kind, error.kind.code()))
}

fn show(report: &SourceReport) {
    let tls = report.tls.clone().unwrap_or_else(|| say("not encrypted", "暗号化なし").to_owned());
    println!("{} · {} · {tls}", report.server, report.user);
    for module in &report.modules {
        let rows = module.estimated_rows.map_or_else(|| "?".to_owned(), |rows| rows.to_string());
        let size = module.bytes.map_or_else(String::new, |bytes| format!(", {}", HumanBytes(bytes)));
        let label =
            Some(&module.label).filter(|label| **label != module.api_name).map_or_else(String::new, |label| format!("{label}  "));
        println!(
            "  {}  {label}{}{}",
            module.api_name,
            left_out(module.contents),
            say(format!("(about {rows} rows{size})"), format!("（約{rows}行{size}）"))
        );
    }
    for gap in &report.gaps {
        println!("  {}  {}", gap.name(), gap_text(gap));
    }
    if !report.views.is_empty() {
        let views = report.views.join(", ");
        println!(
            "{}",
            say(
                format!("Views, backed up only if the address names them (?views=…): {views}"),
                format!("ビュー（アドレスに ?views=… を付けると保存します）: {views}")
            )
        );
    }
    if let Some(cost) = report.cost {
        println!("{}", cost_text(cost));
    }
    for advice in &report.advice {
        println!("{}", advice_text(*advice));
    }
}

/// Says that backups leave a module out because of its category.
fn left_out(contents: DataCategory) -> &'static str {
    match contents {
        DataCategory::Crm => "",
        DataCategory::Mail => say("[left out: mail] ", "［対象外: メール］"),
        DataCategory::Document => say("[left out: documents] ", "［対象外: ドキュメント］"),
        DataCategory::Integration => say("[left out: data of integrations] ", "［対象外: 連携データ］"),
    }
}

fn gap_text(gap: &Gap) -> &'static str {
    match gap.kind {
        GapKind::NoPermission => say("cannot be read: the user has no SELECT on it", "読み取れません: SELECT権限がありません"),
        GapKind::RowSecurity => say(
            "cannot be read whole: row security hides rows from the user",
            "すべては読み取れません: 行セキュリティで非表示の行があります",
        ),
        GapKind::Omitted => {
            say("is left out, as the connection or its profile says", "接続の設定またはプロファイルにより対象外です")
        }
        GapKind::Missing => say(
            "cannot be read: the connection names it, and the database does not have it",
            "読み取れません: 接続の設定にありますが、データベースにありません",
        ),
        GapKind::Damaged => say("cannot be read: the server cannot open it", "読み取れません: サーバーがテーブルを開けません"),
        GapKind::Inconsistent => say(
            "is read a moment later than the rest: its engine has no transactions",
            "他のテーブルとは異なる時点で読み取ります: トランザクションのないエンジンです",
        ),
        GapKind::AsFiles => say("is contained as attached files, not in the CSV file", "CSVではなく添付ファイルとして含まれます"),
        GapKind::MissingFiles => say("could not be read", "読み取れませんでした"),
        GapKind::Links => {
            say("are links, which are contained instead of the files behind them", "リンクの添付です（リンクを保存します）")
        }
        GapKind::NotInApi => say("is left out: the source's API does not give it", "対象外: 取得元のAPIでは提供されません"),
        GapKind::CountDiffers => say(
            "may lack records: the source counts other records than it gives",
            "レコードが不足している可能性があります: 取得元の件数と一致しません",
        ),
        GapKind::Foreign => say("is left out: its data lie in another system", "対象外: 別のシステムのデータです"),
    }
}

fn cost_text(ApiCost { first, repeated, daily }: ApiCost) -> String {
    say(
        format!(
            "API credits: about {first} for the first backup, {repeated} for each further one; {daily} may be used in 24 hours"
        ),
        format!("API クレジット: 初回は約{first}、2回目以降は約{repeated}。24時間に使用できるのは{daily}です"),
    )
}

fn advice_text(advice: SourceAdvice) -> &'static str {
    match advice {
        SourceAdvice::UserMayWrite => {
            say("Advice: connect a user that may only read.", "推奨: 読み取り専用のユーザーで接続してください。")
        }
        SourceAdvice::NotEncrypted => say(
            "The connection is not encrypted; it stays on this machine.",
            "接続は暗号化されていません（このマシン内の通信です）。",
        ),
        SourceAdvice::OneReader => say(
            "One connection reads everything: the user has no RELOAD. That is slower.",
            "RELOAD権限がないため、1つの接続で読み取ります（時間がかかります）。",
        ),
        SourceAdvice::FilesInFolder => say(
            "Attached files that lie in a folder or bucket of the CRM are backed up only with --files DIR or --files s3://NAME/PREFIX.",
            "CRMのフォルダーやバケットにある添付ファイルは、--files DIR または --files s3://NAME/PREFIX を指定した場合にのみ保存します。",
        ),
        SourceAdvice::BackupReady => say(
            "Zoho has a backup that can be downloaded. What it contains is known when its zips are here.",
            "ダウンロードできる Zoho のバックアップがあります。内容は ZIP の取得後にわかります。",
        ),
        SourceAdvice::NoBackupReady => say(
            "Zoho has no backup that can be downloaded. The first backup asks for one, which uses one of Zoho's.",
            "ダウンロードできる Zoho のバックアップがありません。初回のバックアップで作成を依頼し、Zoho のバックアップを1回使用します。",
        ),
        SourceAdvice::HoldsOldRows => say(
            "While a backup reads, the server keeps old versions of changed rows.",
            "バックアップの読み取り中、サーバーは変更前の行を保持します。",
        ),
    }
}
