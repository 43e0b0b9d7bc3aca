//! A running local program: starts its parts in order, and stops them in reverse order.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use dynoxide::Database;
use hozon_access::AccessPorts;
use hozon_archive::ArchivePorts;
use hozon_authorize::Authorizer;
use hozon_emulator_aws::access_events::{self, AccessEvent};
use hozon_emulator_aws::mail::{self, Mailbox};
use hozon_emulator_aws::s3::{ARCHIVES_BUCKET, AccessKeys, Allowed};
use hozon_emulator_aws::scheduler;
use hozon_emulator_aws::states::asl::{self, Interpreter};
use hozon_emulator_aws::states::{self, Executions};
use hozon_emulator_aws::stream::Stream;
use hozon_emulator_aws::{queues, secrets as secrets_manager, stores, table};
use hozon_emulator_host::listening::{bind_as_before, serve};
use hozon_emulator_host::origins::AllowedHosts;
use hozon_emulator_stripe::StripeServer;
use hozon_shared::aws::Aws;
use hozon_shared::aws::in_process::Services;
use hozon_shared::domain::archive_options::ArchiveOptions;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Organisation, Role};
use hozon_shared::domain::plan::Plans;
use hozon_shared::domain::price::Terms;
use hozon_shared::domain::webhook::Addresses;
use hozon_shared::payments::Stripe;
use hozon_shared::ports::{Change, Clock, Ids, Ports, RandomIds, SystemClock};
use hozon_shared::settings::Settings;
use serde_json::Value;
use tokio::sync::mpsc::WeakUnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::FastClock;
use crate::deliveries::Deliveries;
use crate::downloads::Downloads;
use crate::functions::{ARCHIVE, AccessFunction, Functions, NotifyFunction, notify, open_stream};
use crate::listening::bind_gateway;
use crate::public_url::{PublicLinks, PublicUrl};
use crate::recovery::recover;
use crate::registry::{Registry, RegistryEntry, no_organisation, require_name};
use crate::secrets::LocalSecrets;
use crate::settings::{NOTICE_FAILURES, auth_settings, payment_settings, settings, trigger_settings};
use crate::ticker::{self, Ticker};
use crate::tokens::Issuer;
use crate::{api, folder, gateway, organisations};

/// The state machine definition that AWS runs as well.
const STATE_MACHINE_FILE: &str = include_str!("../../archive.asl.json");
/// The default price list.
pub const PRICES: &str = include_str!("../../prices.toml");
/// How long requests in progress may take at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// Options for starting the program.
pub struct Options {
    /// The data folder, which is created if it does not exist.
    pub data: PathBuf,
    /// Port of the gateway; `None` selects the default port, or a free one if that is in use.
    pub port: Option<u16>,
    /// Hosts of a reverse proxy that the gateway answers to in addition to this machine's names.
    pub allowed_hosts: AllowedHosts,
    /// Address of the gateway behind the reverse proxy; `None` without one. Its host is allowed as well.
    pub public_url: Option<PublicUrl>,
    pub terms: Terms,
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

impl Options {
    /// Creates the default options: plans and prices from `infra`, and the system's clock.
    pub fn new(data: impl Into<PathBuf>) -> Result<Self> {
        Ok(Self {
            data: data.into(),
            port: None,
            allowed_hosts: AllowedHosts::default(),
            public_url: None,
            terms: Terms::parse(Plans::default(), PRICES)?,
            webhooks: Addresses::Public,
            limits: hozon_archive::ArchiveSettings::default(),
            clock: Arc::new(SystemClock),
            speed: 1.0,
            slowing: None,
            ids: Arc::new(RandomIds::default()),
        })
    }
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
    data: PathBuf,
    terms: Arc<Terms>,
    registry: Registry,
    issuer: Issuer,
    executions: Executions,
    ticker: Ticker,
    stream: Stream,
    deliveries: Deliveries,
    accesses: WeakUnboundedSender<AccessEvent>,
    stop: CancellationToken,
    tasks: TaskTracker,
    _lock: File,
}

impl Local {
    /// Starts all parts. Interrupted runs resume at once.
    pub async fn start(options: Options) -> Result<Self> {
        let data = options.data;
        folder::make_private(&data)?;
        let lock = folder::lock(&data)?;
        folder::require_state(&data)?;
        folder::delete_leftovers(&data)?;
        let secrets = LocalSecrets::load(&data.join("secrets.json"))?;
        let mut registry = Registry::load(&data.join("organisations.json"))?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let keys = AccessKeys::new([(secrets.functions(), Allowed::Everything), (secrets.signer(), Allowed::ReadZips)]);
        let emulated = stores::start(&data, keys, &stop, &tasks).await?;
        if registry.entries().is_empty() {
            registry.restore(organisations::in_table(&emulated.database)?)?;
        }
        let (listener, url) = bind_gateway(options.port, &data.join("gateway.port")).await?;
        let public_url = options.public_url.as_ref().map_or_else(|| url.clone(), ToString::to_string);
        let settings = settings(&secrets, &emulated, &public_url);
        let services = Services::default();
        let aws = Aws::load_with_services(settings.clone(), services.clone()).await;
        let mut ports = aws.ports();
        ports.clock = options.clock;
        ports.ids = options.ids;
        let mut hosts = options.allowed_hosts;
        if let Some(public) = options.public_url {
            ports.links = Arc::new(PublicLinks(ports.links));
            hosts = hosts.and(public.host());
        }
        let triggers = aws.triggers(trigger_settings());
        let limits = hozon_archive::ArchiveSettings { plans: options.terms.plans.clone(), ..options.limits };
        let executions = executions(&data, &ports, limits, options.speed, &tasks, &stop)?;
        let notify = notify(&aws, &ports, options.webhooks)?;
        let deliveries = Deliveries::new(notify.clone(), ports.clock.clone());
        let stripe = start_stripe(&data, &secrets, &ports, &stop, &tasks).await?;
        let (ticker, scheduler) = ticker::start(&data, &ports, &triggers, &stripe)?;
        let mailbox = Mailbox::open(data.join("mail"), ports.clock.clone())?;
        let answered = states::router(executions.clone())
            .merge(scheduler::router(scheduler, ports.clock.clone()))
            .merge(secrets_manager::router(secrets.stored()))
            .merge(queues::router(BTreeMap::from([(NOTICE_FAILURES.to_owned(), data.join("notice-failures"))])))
            .merge(mail::service(mailbox.clone()))
            .merge(table::router(emulated.database.clone()));
        services.begin(answered);
        let payments = aws.payments(payment_settings(stripe.url())).await?;

        stripe.set_webhook_url(&format!("{url}/webhooks/payments"));
        let issuer = Issuer::new(secrets.issuer(), options.speed)?;
        let authorizer = Arc::new(Authorizer::new(auth_settings(&url), ports.clock.clone()));
        let terms = Arc::new(options.terms);
        let api = api::router(&ports, triggers, terms.clone(), payments.clone(), options.webhooks, &public_url);
        let downloads = Downloads::new(&ports, secrets.plain_links(), emulated.access_sender.clone());
        let router = gateway::router(&ports, api, authorizer, &issuer, mailbox, downloads, hosts);
        serve(listener, router, &stop, &tasks);
        let function = NotifyFunction { notify, deliveries: deliveries.clone() };
        let stream = open_stream(&data, &emulated.database, function, ports.clock.clone())?;
        tasks.spawn(stream.clone().run(stop.clone()));
        tasks.spawn(deliveries.clone().run(stop.clone()));
        tasks.spawn(access_events::deliver(
            emulated.accesses,
            Arc::new(AccessFunction(AccessPorts::from(&ports))),
            ports.clock.clone(),
        ));
        if let Some(clock) = options.slowing {
            tokio::spawn(clock.follow(executions.running()));
        }
        executions.resume()?;
        recover(&ports, &executions).await?;
        tasks.spawn(ticker.clone().run(stop.clone()));
        Ok(Self {
            url,
            public_url,
            ports,
            aws,
            settings,
            database: emulated.database.clone(),
            payments,
            stripe,
            data,
            terms,
            registry,
            issuer,
            executions,
            ticker,
            stream,
            deliveries,
            accesses: emulated.access_sender,
            stop,
            tasks,
            _lock: lock,
        })
    }

    /// Organisations in this data folder, oldest first.
    pub fn organisations(&self) -> &[RegistryEntry] {
        self.registry.entries()
    }

    /// Returns the organisation with that name, or creates it. An existing organisation keeps its time zone, plan and
    /// country. Fails for an unknown plan or country.
    pub async fn organisation(&mut self, name: &str, time_zone: chrono_tz::Tz, plan: &str, country: &str) -> Result<OrgId> {
        self.require_terms(plan, country)?;
        if let Some(known) = self.registry.find(name) {
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
            version: 0,
        };
        self.ports.store.commit(id, vec![Change::Organisation(organisation)]).await?;
        self.registry.add(id, name)?;
        Ok(())
    }

    /// Finds an organisation by name.
    pub fn find_organisation(&self, name: &str) -> Result<OrgId> {
        let names: Vec<_> = self.organisations().iter().map(|entry| entry.name.as_str()).collect();
        let known = || no_organisation(name, &names);
        self.registry.find(name).with_context(known)
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
        self.data.join("s3").join(ARCHIVES_BUCKET).join(key)
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
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(GRACE, self.tasks.wait()).await.context("some requests did not end in time")
    }
}

/// Starts the payment emulator, on the same port as last time if possible.
async fn start_stripe(
    data: &Path,
    secrets: &LocalSecrets,
    ports: &Ports,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<StripeServer> {
    let listener = bind_as_before(&data.join("stripe.port")).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (clock, ids) = (ports.clock.clone(), ports.ids.clone());
    let server = StripeServer::open(&data.join("stripe.json"), &url, clock, ids, secrets.payments())?;
    serve(listener, server.router(), stop, tasks);
    tasks.spawn(server.clone().run(stop.clone()));
    Ok(server)
}

fn executions(
    data: &Path,
    ports: &Ports,
    limits: hozon_archive::ArchiveSettings,
    speed: f64,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Executions> {
    let names = [("ArchiveFunctionArn", ARCHIVE), ("ArchivesBucket", ARCHIVES_BUCKET)];
    let machine = asl::load(STATE_MACHINE_FILE, &names)?;
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let run = Interpreter::new(Arc::new(Functions { ports: ArchivePorts::from(ports), limits }), at_once, speed);
    Executions::new(data.join("executions"), machine, run, tasks.clone(), stop.clone())
}
