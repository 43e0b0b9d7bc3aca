//! One running Hozon: starts its parts in order, and stops them in the opposite one.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::serve::ListenerExt;
use chrono::{DateTime, Utc};
use hozon_authorize::{AuthSettings, Authorizer};
use hozon_notify::{Notify, Post};
use hozon_shared::aws;
use hozon_shared::domain::allowance::Plans;
use hozon_shared::domain::archive_options::ArchiveOptions;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Organisation, Role};
use hozon_shared::domain::webhook::Addresses;
use hozon_shared::ports::{Change, Clock, Ids, Ports, RandomIds, SystemClock, Triggers};
use hozon_shared::settings::{Endpoints, MailSettings, Settings, TriggerSettings};
use hozon_trigger::Trigger;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::asl::{self, Run};
use crate::clockwork::{Clockwork, Counts, TRIGGER, TriggerFunction};
use crate::emulators::{self, ARCHIVES_BUCKET, CRM_BUCKET, TABLE};
use crate::executions::Executions;
use crate::functions::{ARCHIVE, Functions};
use crate::mail::{self, Mailbox};
use crate::registry::{Entry, Registry};
use crate::scheduler::Scheduler;
use crate::secrets::Secrets;
use crate::stream::Stream;
use crate::tokens::{AUDIENCE, ISSUER, Issuer, JWKS_PATH};
use crate::{gateway, scheduler, states};

/// The state machine that AWS runs too.
const STATE_MACHINE_FILE: &str = include_str!("../../archive.asl.json");
/// The sender of all mails.
const MAIL_FROM: &str = "backups@hozon.invalid";
/// How long running requests may take at the end.
const GRACE: Duration = Duration::from_secs(10);

/// How to start.
pub struct Options {
    /// The data folder; made where it is not there.
    pub data: PathBuf,
    /// The gateway's port; `None` takes the usual one, or any where that is taken.
    pub port: Option<u16>,
    /// Free backups by plan.
    pub plans: Plans,
    /// Which addresses webhooks may have.
    pub webhooks: Addresses,
    /// How runs are cut into pieces.
    pub limits: hozon_archive::Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How many seconds of that clock pass in one of the wall's; waits are shorter by it.
    pub speed: f64,
    /// New ids.
    pub ids: Arc<dyn Ids>,
}

impl Options {
    /// The defaults: plans as R2 has them and `Own` without limit, the system's clock.
    pub fn new(data: impl Into<PathBuf>) -> Result<Self> {
        Ok(Self {
            data: data.into(),
            port: None,
            plans: Plans::default(),
            webhooks: Addresses::Public,
            limits: hozon_archive::Settings::default(),
            clock: Arc::new(SystemClock),
            speed: 1.0,
            ids: Arc::new(RandomIds::default()),
        })
    }
}

/// A running Hozon.
pub struct Local {
    /// The gateway's URL, without a slash at its end.
    pub url: String,
    /// What the functions use.
    pub ports: Ports,
    data: PathBuf,
    registry: Registry,
    issuer: Issuer,
    executions: Executions,
    clockwork: Clockwork,
    stream: Stream,
    stop: CancellationToken,
    tasks: TaskTracker,
    _lock: File,
}

impl Local {
    /// Starts all parts; runs that were cut short go on at once.
    pub async fn start(options: Options) -> Result<Self> {
        let data = options.data;
        std::fs::create_dir_all(&data).with_context(|| format!("make the data folder {}", data.display()))?;
        let lock = lock(&data)?;
        let secrets = Secrets::load(&data.join("secrets.json"))?;
        let registry = Registry::load(&data.join("organisations.json"))?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let emulated = emulators::start(&data, &[secrets.functions(), secrets.signer()], &stop, &tasks).await?;
        let (services_listener, services_url) = bind(0).await?;
        let settings = settings(&secrets, &emulated, services_url);
        let mut ports = aws::connect(&settings).await;
        ports.clock = options.clock;
        ports.ids = options.ids;
        let triggers = aws::triggers(&settings, trigger_settings()).await;
        let limits = hozon_archive::Settings { plans: options.plans.clone(), ..options.limits };
        let executions = executions(&data, &ports, limits, options.speed, &tasks, &stop)?;
        let mailer = aws::mailer(&settings, MailSettings { from: MAIL_FROM.to_owned() }).await;
        let notify = Notify { ports: ports.clone(), mailer, post: Post::new(options.webhooks)? };
        let (clockwork, scheduler) = clockwork(&data, &ports, &triggers, &notify)?;
        let mailbox = Mailbox::open(data.join("mail"), ports.clock.clone())?;
        let services = states::router(executions.clone())
            .merge(scheduler::router(scheduler, ports.clock.clone()))
            .merge(mail::service(mailbox.clone()));
        serve(services_listener, services, &stop, &tasks);

        let (listener, url) = bind_gateway(options.port).await?;
        let issuer = Issuer::new(secrets.issuer(), options.speed)?;
        let authorizer = Arc::new(Authorizer::new(auth_settings(&url), ports.clock.clone()));
        serve(
            listener,
            gateway::router(&ports, &triggers, options.plans, authorizer, &issuer, mailbox, options.webhooks),
            &stop,
            &tasks,
        );
        let stream = Stream::open(emulated.database, notify, data.join("stream.position"))?;
        tasks.spawn(stream.clone().run(stop.clone()));
        executions.resume()?;
        tasks.spawn(clockwork.clone().run(stop.clone()));
        Ok(Self { url, ports, data, registry, issuer, executions, clockwork, stream, stop, tasks, _lock: lock })
    }

    /// The organisations of this data folder, oldest first.
    pub fn organisations(&self) -> &[Entry] {
        self.registry.entries()
    }

    /// The organisation with that name; it is made where there is none, and keeps its zone and plan where there is one.
    pub async fn organisation(&mut self, name: &str, time_zone: chrono_tz::Tz, plan: &str) -> Result<OrgId> {
        if let Some(known) = self.registry.find(name) {
            return Ok(known);
        }
        let id = OrgId(self.ports.ids.next(self.ports.clock.now()));
        let organisation = Organisation {
            id,
            name: name.to_owned(),
            time_zone,
            plan: plan.to_owned(),
            time_of_day: None,
            recipients: Vec::new(),
            calendar_key: None,
            locale: None,
            archive: ArchiveOptions::default(),
            version: 0,
        };
        self.ports.store.commit(id, vec![Change::Organisation(organisation)]).await?;
        self.registry.add(id, name)?;
        Ok(id)
    }

    /// The organisation with that name.
    pub fn find_organisation(&self, name: &str) -> Result<OrgId> {
        let names: Vec<_> = self.organisations().iter().map(|entry| entry.name.as_str()).collect();
        let known = || format!("there is no organisation {name:?} here; there are: {}", names.join(", "));
        self.registry.find(name).with_context(known)
    }

    /// A token for the administrator or the plain user of an organisation; it works for seven days.
    pub fn token(&self, org: OrgId, role: Role) -> Result<String> {
        self.token_in(org, role, Locale::En)
    }

    /// The same for somebody who reads that language.
    pub fn token_in(&self, org: OrgId, role: Role, locale: Locale) -> Result<String> {
        self.issuer.token(org, role, locale, self.ports.clock.now())
    }

    /// The file on disk that holds an object of the archives bucket.
    pub fn archive_path(&self, key: &str) -> PathBuf {
        self.data.join("s3").join(ARCHIVES_BUCKET).join(key)
    }

    /// Waits until no run is under way.
    pub async fn wait_until_idle(&self) {
        self.executions.wait_until_idle().await;
    }

    /// Waits until everybody has been told what has happened so far.
    pub async fn wait_until_told(&self) -> Result<()> {
        self.stream.drain().await
    }

    /// Does what is due by the clock now, without waiting for the next look at it.
    pub async fn look_at_the_clock(&self) {
        self.clockwork.look().await;
    }

    /// How many deliveries of triggers came to what (started, gated, stale) since the start.
    pub fn deliveries(&self) -> BTreeMap<String, u64> {
        self.clockwork.deliveries()
    }

    /// Calls the `trigger` function as Scheduler could, and gives its answer.
    pub async fn deliver(&self, input: Value) -> Result<Value> {
        self.clockwork.deliver(input).await
    }

    /// The next time at which a schedule fires.
    pub fn next_fire(&self) -> Option<DateTime<Utc>> {
        self.clockwork.next_fire()
    }

    /// Whether no run is under way.
    pub fn is_idle(&self) -> bool {
        self.executions.is_idle()
    }

    /// Stops all parts; requests under way are answered first. Runs go on at the next start.
    pub async fn stop(self) -> Result<()> {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(GRACE, self.tasks.wait()).await.context("some requests did not end in time")
    }
}

fn lock(data: &Path) -> Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another hozon uses the data folder {}; stop it first, or choose another with --data", data.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("lock the data folder"),
    }
}

fn settings(secrets: &Secrets, emulated: &emulators::Emulated, services: String) -> Settings {
    Settings {
        table: TABLE.to_owned(),
        archives_bucket: ARCHIVES_BUCKET.to_owned(),
        crm_bucket: CRM_BUCKET.to_owned(),
        state_machine: states::STATE_MACHINE.to_owned(),
        endpoints: Endpoints {
            s3: Some(emulated.s3.clone()),
            dynamodb: Some(emulated.dynamodb.clone()),
            states: Some(services.clone()),
            scheduler: Some(services.clone()),
            mail: Some(services),
        },
        signer: secrets.signer(),
        credentials: Some(secrets.functions()),
    }
}

fn auth_settings(url: &str) -> AuthSettings {
    AuthSettings { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned(), jwks_url: format!("{url}{JWKS_PATH}") }
}

fn trigger_settings() -> TriggerSettings {
    TriggerSettings {
        group: scheduler::GROUP.to_owned(),
        function: TRIGGER.to_owned(),
        role: "arn:aws:iam::000000000000:role/trigger".to_owned(),
        dead_letters: "arn:aws:sqs:us-east-1:000000000000:trigger-dead-letters".to_owned(),
        window_minutes: 15,
    }
}

fn clockwork(data: &Path, ports: &Ports, triggers: &Arc<dyn Triggers>, notify: &Notify) -> Result<(Clockwork, Scheduler)> {
    let trigger = Trigger { ports: ports.clone(), triggers: triggers.clone() };
    let counts = Counts::default();
    let called = Arc::new(TriggerFunction { trigger: trigger.clone(), counts: counts.clone() });
    let scheduler = Scheduler::load(data.join("scheduler"), called, ports.clock.now())?;
    Ok((Clockwork::new(ports.clock.clone(), scheduler.clone(), trigger, notify.clone(), counts), scheduler))
}

fn executions(
    data: &Path,
    ports: &Ports,
    limits: hozon_archive::Settings,
    speed: f64,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Executions> {
    let names = [("ArchiveFunctionArn", ARCHIVE), ("ArchivesBucket", ARCHIVES_BUCKET)];
    let machine = asl::load(STATE_MACHINE_FILE, &names)?;
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let run = Run::new(Arc::new(Functions { ports: ports.clone(), limits }), at_once, speed);
    Executions::new(data.join("executions"), machine, run, tasks.clone(), stop.clone())
}

async fn bind(port: u16) -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("listen on port {port}"))?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// The usual port makes bookmarks work; it is given up only when nobody asked for it.
async fn bind_gateway(port: Option<u16>) -> Result<(TcpListener, String)> {
    const USUAL: u16 = 4690;
    match port {
        Some(port) => bind(port).await,
        None => match bind(USUAL).await {
            Ok(bound) => Ok(bound),
            Err(_) => bind(0).await,
        },
    }
}

fn serve(listener: TcpListener, router: Router, stop: &CancellationToken, tasks: &TaskTracker) {
    let stopped = stop.clone().cancelled_owned();
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a connection answers slowly");
        }
    });
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "a server stopped");
        }
    });
}
