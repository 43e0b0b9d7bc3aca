//! A running local program, and what can be asked of it.

mod start;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use dynoxide::Database;
use hozon_connector_zoho::OauthClient;
use hozon_connectors::Connectors;
use hozon_emulator_aws::access_events::{self, AccessEvent};
use hozon_emulator_aws::s3::{ARCHIVES_BUCKET, CRM_BUCKET};
use hozon_emulator_aws::states::Executions;
use hozon_emulator_aws::stream::Stream;
use hozon_emulator_host::origins::AllowedHosts;
use hozon_emulator_stripe::StripeServer;
use hozon_shared::aws::Aws;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::archive_options::ArchiveOptions;
use hozon_shared::domain::connection::CapturedBy;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Organisation, Role};
use hozon_shared::domain::plan::Plans;
use hozon_shared::domain::price::Terms;
use hozon_shared::domain::profile::Profiles;
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::payments::Stripe;
use hozon_shared::ports::{Bucket, Change, Clock, Ids, Ports, RandomIds, SystemClock};
use hozon_shared::settings::Settings;
use serde_json::Value;
use tokio::sync::mpsc::WeakUnboundedSender;

use crate::background::Background;
use crate::clock::FastClock;
use crate::deliveries::Deliveries;
use crate::folder::OpenFolder;
use crate::public_url::PublicUrl;
use crate::registry::{RegistryEntry, no_organisation, require_name};
use crate::ticker::Ticker;
use crate::tokens::Issuer;

/// The default price list.
pub const PRICES: &str = include_str!("../../prices.toml");

/// Options for starting the program.
pub struct LocalOptions {
    /// The data folder, which is created if it does not exist.
    pub data: PathBuf,
    /// Port of the gateway; `None` selects the default port, or a free one if that is in use.
    pub port: Option<u16>,
    /// Hosts of a reverse proxy that the gateway answers to in addition to this machine's names.
    pub allowed_hosts: AllowedHosts,
    /// Address of the gateway behind the reverse proxy; `None` without one. Its host is allowed as well.
    pub public_url: Option<PublicUrl>,
    pub terms: Terms,
    /// Profiles of CRMs.
    pub profiles: Arc<Profiles>,
    /// How long a call that captures a database should last; `None` captures in one call.
    pub capture_time: Option<Duration>,
    /// What this program is to a database that the program beside it captures: by default that program.
    pub runs_as: CapturedBy,
    /// What connections to Zoho CRM need.
    pub zoho: ZohoOptions,
    /// Addresses that webhooks may call.
    pub webhooks: Addresses,
    /// Settings for dividing runs into pieces.
    pub limits: hozon_archive::ArchiveSettings,
    pub clock: Arc<dyn Clock>,
    /// Seconds of that clock per second of real time. Waits are divided by it.
    pub speed: f64,
    /// The same clock, if it slows down while runs are in progress.
    pub slowing: Option<FastClock>,
    pub ids: Arc<dyn Ids>,
}

impl LocalOptions {
    /// Creates the default options: plans and prices from `infra`, and the system's clock.
    pub fn new(data: impl Into<PathBuf>) -> Result<Self> {
        Ok(Self {
            data: data.into(),
            port: None,
            allowed_hosts: AllowedHosts::default(),
            public_url: None,
            terms: Terms::parse(Plans::default(), PRICES)?,
            profiles: Arc::default(),
            capture_time: None,
            runs_as: CapturedBy::Program,
            zoho: ZohoOptions::default(),
            webhooks: Addresses::Public,
            limits: hozon_archive::ArchiveSettings::default(),
            clock: Arc::new(SystemClock),
            speed: 1.0,
            slowing: None,
            ids: Arc::new(RandomIds::default()),
        })
    }
}

/// What connections to Zoho CRM need.
#[derive(Debug, Clone, Default)]
pub struct ZohoOptions {
    /// The OAuth client of connections without one of their own.
    pub client: Option<OauthClient>,
    /// Origin that takes the place of Zoho's servers.
    pub url: Option<String>,
}

/// A running local program.
pub struct Local {
    /// URL of the gateway on this machine, without a trailing slash.
    pub url: String,
    /// The same for people, who may come through a reverse proxy.
    pub public_url: String,
    /// Ports of the functions.
    pub ports: Ports,
    /// AWS clients of the functions.
    pub aws: Aws,
    /// Settings of the functions.
    pub settings: Settings,
    /// The DynamoDB database.
    pub database: Database,
    /// The functions' client of the payment provider.
    pub payments: Arc<Stripe>,
    /// The Stripe emulator.
    pub stripe: StripeServer,
    /// Profiles of CRMs.
    pub profiles: Arc<Profiles>,
    /// What reads CRMs.
    pub connectors: Connectors,
    terms: Arc<Terms>,
    run_length: RunLength,
    issuer: Issuer,
    folder: OpenFolder,
    executions: Executions,
    ticker: Ticker,
    stream: Stream,
    deliveries: Deliveries,
    accesses: WeakUnboundedSender<AccessEvent>,
    background: Background,
}

impl Local {
    /// Organisations in this data folder, oldest first.
    pub fn organisations(&self) -> &[RegistryEntry] {
        self.folder.registry.entries()
    }

    /// Returns the organisation with that name, or creates it. An existing organisation keeps its time zone, plan and
    /// country. Fails for an unknown plan or country.
    pub async fn organisation(&mut self, name: &str, time_zone: chrono_tz::Tz, plan: &str, country: &str) -> Result<OrgId> {
        self.require_terms(plan, country)?;
        if let Some(known) = self.folder.registry.find(name) {
            return Ok(known);
        }
        let id = self.new_organisation_id();
        self.make_organisation(id, name, time_zone, plan, country).await?;
        Ok(id)
    }

    /// Fails for an unknown plan or country.
    pub fn require_terms(&self, plan: &str, country: &str) -> Result<()> {
        self.terms.require_plan(plan)?;
        self.terms.require_country(&country.to_ascii_uppercase())?;
        Ok(())
    }

    /// Generates an id for a new organisation.
    pub fn new_organisation_id(&self) -> OrgId {
        OrgId(self.ports.ids.next(self.ports.clock.now()))
    }

    /// Creates an organisation with that id. Its name must be unused, and its plan and country known.
    pub async fn make_organisation(
        &mut self,
        id: OrgId,
        name: &str,
        time_zone: chrono_tz::Tz,
        plan: &str,
        country: &str,
    ) -> Result<()> {
        let name = &require_name(name)?;
        let organisation = Organisation {
            id,
            name: name.to_owned(),
            time_zone,
            plan: plan.to_owned(),
            country: Some(country.to_ascii_uppercase()),
            time_of_day: None,
            recipients: Vec::new(),
            calendar_key: None,
            locale: None,
            archive: ArchiveOptions::default(),
            loss_rule: Default::default(),
            drills: Default::default(),
            retention: None,
            version: 0,
        };
        self.ports.store.commit(id, vec![Change::Organisation(organisation)]).await?;
        self.folder.registry.add(id, name)?;
        Ok(())
    }

    /// Finds an organisation by name.
    pub fn find_organisation(&self, name: &str) -> Result<OrgId> {
        let names: Vec<_> = self.organisations().iter().map(|entry| entry.name.as_str()).collect();
        let known = || no_organisation(name, &names);
        self.folder.registry.find(name).with_context(known)
    }

    /// Issues a token for the administrator or the plain user of an organisation, valid for seven days.
    pub fn token(&self, org: OrgId, role: Role) -> Result<String> {
        self.token_in(org, role, Locale::En)
    }

    /// Like [`Self::token`], for a user with that language.
    pub fn token_in(&self, org: OrgId, role: Role, locale: Locale) -> Result<String> {
        self.issuer.token(org, role, locale, self.ports.clock.now())
    }

    /// Path of the file that stores an object of the archives bucket.
    pub fn archive_path(&self, key: &str) -> PathBuf {
        self.object_path(Bucket::Archives, key)
    }

    /// Path of the file that stores an object.
    pub fn object_path(&self, bucket: Bucket, key: &str) -> PathBuf {
        let bucket = match bucket {
            Bucket::Archives => ARCHIVES_BUCKET,
            Bucket::Crm => CRM_BUCKET,
        };
        self.folder.path.join("s3").join(bucket).join(key)
    }

    /// Waits until no run is in progress.
    pub async fn wait_until_idle(&self) {
        self.executions.wait_until_idle().await;
    }

    /// Waits until all events so far were delivered.
    pub async fn wait_until_delivered(&self) -> Result<()> {
        access_events::wait_until_delivered(&self.accesses).await;
        self.stream.drain().await?;
        self.deliveries.try_due().await
    }

    /// Does everything that is due now, without waiting for the next tick.
    pub async fn tick(&self) {
        self.ticker.tick().await;
        self.deliveries.try_or_say_why().await;
    }

    /// Number of trigger deliveries by result (started, gated, stale) since the start.
    pub fn deliveries(&self) -> BTreeMap<String, u64> {
        self.ticker.deliveries()
    }

    /// Invokes the `trigger` function as Scheduler would, and returns its answer.
    pub async fn deliver(&self, input: Value) -> Result<Value> {
        self.ticker.deliver(input).await
    }

    /// Next time at which a schedule fires.
    pub fn next_fire(&self) -> Option<DateTime<Utc>> {
        self.ticker.next_fire()
    }

    /// Returns whether no run is in progress.
    pub fn is_idle(&self) -> bool {
        self.executions.is_idle()
    }

    /// Stops all parts. Requests in progress are answered first; runs resume at the next start.
    pub async fn stop(self) -> Result<()> {
        self.background.stop().await
    }
}
