//! `hozon restore`: a backup into a database, from its zips or from what the data folder keeps of it.

mod address;
mod ask;
mod restoring;
mod shown;
mod texts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;
use chrono_tz::Tz;
use clap::Args;
use hozon::Local;
use hozon::connectors;
use hozon::import::{ImportOptions, ImportPlan, ImportProgress, plan};
use hozon::language::say;
use hozon::restoring::{
    FileSet, GivenTarget, LayeredObjects, NotRestored, RestoreEngine, ScratchStore, WantedBackup, find_kept, kept, load,
    write_files,
};
use hozon_connectors::Connectors;
use hozon_shared::domain::connection::{Connection, SourceSettings};
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::{Ports, SourceSecret, Writer};

use super::data_folder::DataFolder;
use super::ending::ENDING;
use super::progress::ProgressDisplay;
use address::TargetArgs;
use ask::ConsentArgs;
use restoring::{Prepared, Restoring, WantedArgs};
use shown::{loaded, written_files};

/// Exit code of a restore after which something is not as planned.
const NOT_AS_PLANNED: u8 = 1;

/// Restores a backup into a database. Records that the database does not have are created; options say what else may be done. Ends with 0 if
/// all is as planned, 1 if something was left, refused or is impossible, and 2 if nothing was written.
#[derive(Args)]
pub struct RestoreArgs {
    #[arg(help = say("All zips of a backup, or folders with them", "バックアップのすべての zip、または zip のあるフォルダー"), value_name = "ZIP|DIR", required_unless_present = "org", conflicts_with = "org")]
    from: Vec<PathBuf>,
    #[arg(help = say("Restores what is kept of a backup of this organisation, into its own connection unless --into is given", "この組織の保存されているバックアップから復元します（--into を省略すると組織の接続先に復元）"), long, value_name = "NAME")]
    org: Option<String>,
    #[arg(help = say("Id of the organisation's backup [default: latest]", "組織のバックアップのID [既定: latest]"), long, value_name = "ID|latest", requires = "org")]
    backup: Option<String>,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    /// Accepts files of a backup that were edited since, without checking their checksums.
    #[arg(long)]
    edited: bool,
    /// Leaves out unrecognised files.
    #[arg(long)]
    skip_unknown: bool,
    /// Most records of a file, where files are written.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    rows_per_file: Option<u64>,
    /// Time zone of times in zips without a time zone.
    #[arg(long, default_value = "UTC")]
    time_zone: Tz,
}

pub async fn run(place: DataFolder, arguments: RestoreArgs) -> Result<ExitCode> {
    LazyLock::force(&ENDING);
    let restored = match (&arguments.org, arguments.target.folder()) {
        (Some(_), Some(_)) => {
            Err(anyhow!(say("files are written from zips only", "ファイルへの書き出しは zip からのみ可能です")))
        }
        (Some(name), None) => from_kept(place, name, &arguments).await,
        (None, Some(folder)) => into_files(folder, &arguments).await,
        (None, None) => from_zips(place, &arguments).await,
    };
    let is_database = arguments.target.folder().is_none();
    let is_as_planned = restored.context(if is_database { NotRestored::Database } else { NotRestored::Files })?;
    Ok(if is_as_planned { ExitCode::SUCCESS } else { ExitCode::from(NOT_AS_PLANNED) })
}

/// Writes files that other CRMs import.
async fn into_files(folder: &Path, arguments: &RestoreArgs) -> Result<bool> {
    let planned = plan(&arguments.import_options(), Utc::now()).await?;
    let set = FileSet { folder, modules: arguments.wanted.modules(), rows_per_file: arguments.rows_per_file };
    let mut display = ProgressDisplay::new(say("Writing files", "ファイルの書き出し中"));
    let written = {
        let mut tell = |step: ImportProgress<'_>| display.import(&step);
        tokio::select! {
            written = write_files(planned, &set, &mut tell) => written,
            () = ENDING.cancelled() => Err(anyhow!(say("interrupted", "中断されました"))),
        }
    };
    display.finish();
    print!("{}", written_files(folder, &written?));
    Ok(true)
}

/// Restores a backup from its zips, which are loaded into a temporary store first.
async fn from_zips(place: DataFolder, arguments: &RestoreArgs) -> Result<bool> {
    let profiles = Arc::new(place.profiles()?);
    if let Some(name) = &arguments.target.profile {
        profiles.find(name)?;
    }
    let (source, secret) = arguments.target.required().await?;
    let planned = plan(&arguments.import_options(), Utc::now()).await?;
    let scratch = ScratchStore::start(profiles, None).await?;
    let work = async {
        let wanted = load_shown(&scratch, planned).await?;
        into_given(&scratch.local.ports, &scratch.local, &wanted, (source, secret), arguments).await
    };
    let restored = unless_interrupted(work).await;
    let stopped = scratch.stop().await;
    restored.and_then(|done| stopped.map(|()| done))
}

async fn load_shown(scratch: &ScratchStore, planned: ImportPlan) -> Result<WantedBackup> {
    let mut shown = ProgressDisplay::new(say("Reading the backup", "バックアップの読み込み中"));
    let wanted = load(&scratch.local.ports, scratch.org, planned, &mut |step| shown.import(&step)).await;
    shown.finish();
    let (wanted, notes) = wanted?;
    eprint!("{}", loaded(&wanted, &notes));
    Ok(wanted)
}

/// Restores what is kept of a backup of an organisation.
async fn from_kept(place: DataFolder, name: &str, arguments: &RestoreArgs) -> Result<bool> {
    let given = arguments.target.given().await?;
    let local = place.start().await?;
    let restored = unless_interrupted(of_organisation(&local, name, given, arguments)).await;
    let stopped = local.stop().await;
    restored.and_then(|done| stopped.map(|()| done))
}

async fn of_organisation(
    local: &Local,
    name: &str,
    given: Option<(SourceSettings, SourceSecret)>,
    arguments: &RestoreArgs,
) -> Result<bool> {
    let org = local.find_organisation(name)?;
    let id = arguments.backup.as_deref().filter(|choice| *choice != "latest");
    let id = id.map(str::parse).transpose().context(say("read --backup", "--backup の読み取り"))?;
    let wanted = kept(&local.ports, org, find_kept(&local.ports, org, id).await?).await?;
    if let (None, false) = (&given, arguments.consent.dry_run) {
        return into_own(local, &wanted, arguments).await;
    }
    // Neither a trial nor a restore into another database belongs to the organisation's history.
    let scratch = ScratchStore::start(local.profiles.clone(), Some(org)).await?;
    let objects = Arc::new(LayeredObjects { own: scratch.local.ports.objects.clone(), below: local.ports.objects.clone() });
    // Records that were erased stay so.
    let erasure_keys = local.ports.erasure_keys.clone();
    let ports = Ports { objects, erasure_keys, ..scratch.local.ports.clone() };
    let restored = async {
        let target = match given {
            Some(target) => target,
            None => own_target(local, org).await.map(|(connection, secret)| (connection.source, secret))?,
        };
        into_given(&ports, local, &wanted, target, arguments).await
    };
    let restored = restored.await;
    let stopped = scratch.stop().await;
    restored.and_then(|done| stopped.map(|()| done))
}

/// The organisation's own connection with its secret.
async fn own_target(local: &Local, org: OrgId) -> Result<(Connection, SourceSecret)> {
    let connection = local.ports.connections.connection(org).await?;
    let Some(connection) = connection.filter(|connection| connection.source.database().is_some()) else {
        bail!(say(
            "the organisation is connected to no database. Give one with --into",
            "この組織はデータベースに接続されていません。--into で指定してください",
        ));
    };
    let secret = local.ports.credentials.get((org, connection.role), connection.id).await?;
    Ok((connection, secret))
}

/// Restores into the organisation's own connection, as a restore of its history.
async fn into_own(local: &Local, wanted: &WantedBackup, arguments: &RestoreArgs) -> Result<bool> {
    let (connection, secret) = own_target(local, wanted.org).await?;
    let writer = writer_of(&local.connectors, &connection, secret)?;
    let engine = RestoreEngine::Program(local);
    Restoring::new(Prepared { ports: &local.ports, engine, wanted, connection, writer }, &arguments.wanted, &arguments.consent)
        .run()
        .await
}

/// Restores into a database that is no connection of the organisation.
async fn into_given(
    ports: &Ports,
    local: &Local,
    wanted: &WantedBackup,
    (source, secret): (SourceSettings, SourceSecret),
    arguments: &RestoreArgs,
) -> Result<bool> {
    let profile = match &arguments.target.profile {
        Some(name) => Some(name.clone()),
        None => local.ports.connections.connection(wanted.org).await?.and_then(|connection| connection.selection.profile),
    };
    let target = Arc::new(GivenTarget::new(wanted.org, (source, secret.clone()), profile, ports.clock.now()));
    let connection = target.connection.clone();
    let writer = writer_of(&connectors(None), &connection, secret)?;
    let engine = RestoreEngine::into_target(ports, local, &target);
    Restoring::new(Prepared { ports, engine, wanted, connection, writer }, &arguments.wanted, &arguments.consent).run().await
}

fn writer_of(connectors: &Connectors, connection: &Connection, secret: SourceSecret) -> Result<Box<dyn Writer>> {
    let connector = connectors.open((connection.org, connection.id), None, &connection.source, secret);
    let unwritable = || say("this kind of source cannot be written", "この種類の接続先には書き込めません");
    connector.and_then(|connector| connector.writer()).with_context(unwritable)
}

/// Works until the end, or until the program is asked to stop.
async fn unless_interrupted(work: impl Future<Output = Result<bool>>) -> Result<bool> {
    tokio::select! {
        done = work => done,
        () = ENDING.cancelled() => {
            eprintln!("\n{}", say(
                "Stopped. What was written stays; the same command writes the rest. A restore into the organisation's own connection goes on at the program's next start.",
                "停止しました。書き込み済みの内容は残ります。同じコマンドで残りを書き込めます。組織の接続先への復元は、次回の起動時に再開します。",
            ));
            Ok(false)
        }
    }
}

impl RestoreArgs {
    fn import_options(&self) -> ImportOptions {
        ImportOptions {
            from: self.from.clone(),
            time_zone: self.time_zone,
            skip_unknown: self.skip_unknown,
            edited: self.edited,
            stop: ENDING.clone(),
            ..ImportOptions::default()
        }
    }
}
