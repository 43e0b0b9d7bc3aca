//! `hozon connect`: the CRM's database, or Zoho CRM, as the source of an organisation's backups.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use hozon::language::say;
use hozon::tokens::administrator;
use hozon_shared::connecting::ConnectingPorts;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::domain::file_place::FilePlace;
use hozon_shared::domain::selection::Selection;
use hozon_shared::ports::SourceSecret;

use super::check::{NewOrganisationArgs, report, say_next, tell};
use super::connect_zoho::{self, ZohoArgs, ZohoBackupArgs};
use super::data_folder::DataFolder;
use super::ending::until_interrupted;

/// Connects a CRM's database, after a check.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ConnectArgs {
    #[command(subcommand)]
    service: Option<ConnectService>,
    /// Address of the database: postgres://user:password@host:5432/database or mysql://user:password@host:3306/database.
    /// For PostgreSQL, add ?schemas=a,b for some schemas only.
    #[arg(value_name = "ADDRESS", env = "HOZON_SOURCE", hide_env_values = true, required = true)]
    address: Option<String>,
    /// Name of the organisation, which is created if it does not exist.
    #[arg(long, required = true)]
    org: Option<String>,
    /// File with the certificates, in PEM, of the authorities that may sign the server's certificate.
    #[arg(long, value_name = "FILE")]
    ca: Option<std::path::PathBuf>,
    /// Folder of the CRM, or bucket (`s3://NAME/PREFIX`), in which attached files lie, if the profile says that they lie in one. The
    /// environment gives the bucket's credentials, as for every AWS tool.
    #[arg(long, value_name = "DIR")]
    files: Option<FilePlace>,
    /// Profile of the CRM, which names and orders its tables; `hozon profile list` lists them.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(flatten)]
    new: NewOrganisationArgs,
}

/// CRMs that are reached otherwise than by a database.
#[derive(Subcommand)]
enum ConnectService {
    #[command(about = say("Connects Zoho CRM with the code of a self client", "セルフクライアントのコードで Zoho CRM を接続します"))]
    Zoho(ZohoArgs),
    #[command(about = say("Connects the backups that Zoho CRM makes of itself", "Zoho CRM 自身のバックアップを接続します"))]
    ZohoBackup(ZohoBackupArgs),
}

/// The place of files as the connection keeps it. A folder must be there.
fn stored(place: &FilePlace) -> Result<String> {
    match place {
        FilePlace::Folder(folder) => {
            let found = Path::new(folder).canonicalize().with_context(|| format!("read {folder}"))?;
            Ok(found.display().to_string())
        }
        FilePlace::Bucket { .. } => Ok(place.to_string()),
    }
}

/// Connects only what a check has reached.
pub async fn connect(place: DataFolder, connect: ConnectArgs) -> Result<()> {
    match connect.service {
        Some(ConnectService::Zoho(zoho)) => return connect_zoho::connect(place, zoho.into()).await,
        Some(ConnectService::ZohoBackup(zoho)) => return connect_zoho::connect(place, zoho.into()).await,
        None => {}
    }
    let (Some(address), Some(name)) = (&connect.address, &connect.org) else {
        bail!(say("give the address and --org", "アドレスと --org を指定してください"));
    };
    let (mut source, password) = SourceSettings::parse(address).context(say("read the address", "アドレスの読み取り"))?;
    if let (Some(file), SourceSettings::Postgres(settings) | SourceSettings::Mysql(settings)) = (&connect.ca, &mut source) {
        settings.ca = Some(std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?);
    }
    if let Some(place) = &connect.files {
        source.set_files(Some(stored(place)?));
    }
    let secret = SourceSecret { password, ..SourceSecret::default() };
    let profiles = place.profiles()?;
    let profile = connect.profile.as_ref().map(|name| profiles.find(name)).transpose()?;
    let found = report(&source, secret.clone()).await?;
    tell(found, &source, (&profiles, profile), &[]);
    let mut local = place.start().await?;
    let NewOrganisationArgs { time_zone, plan, country } = &connect.new;
    let org = local.organisation(name, *time_zone, plan, country).await?;
    until_interrupted(local, async |local| {
        let ports = ConnectingPorts::from(&local.ports);
        let present = ports.connections.connection(org).await?;
        let omitted = present.as_ref().map(|present| present.selection.omitted.clone()).unwrap_or_default();
        let selection = Selection { omitted, profile: connect.profile };
        ports.connect(org, (source, &secret), selection, &administrator(), present.as_ref()).await?;
        say_next(name);
        Ok(())
    })
    .await
}
