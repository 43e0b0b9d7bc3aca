//! Starts the parts of the local program, each after those that it needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use dynoxide::Database;
use hozon_access::AccessPorts;
use hozon_archive::{ArchivePorts, ArchiveSettings};
use hozon_authorize::Authorizer;
use hozon_capture_database::CapturePorts;
use hozon_connector_zoho::ZohoAccess;
use hozon_connectors::Connectors;
use hozon_emulator_aws::access_events::{self, AccessEvent};
use hozon_emulator_aws::kms::{self, SigningKey};
use hozon_emulator_aws::mail::{self, Mailbox};
use hozon_emulator_aws::s3::{ARCHIVES_BUCKET, AccessKeys, Allowed};
use hozon_emulator_aws::scheduler::{self, Scheduler};
use hozon_emulator_aws::secrets::{self as secrets_manager, Vault};
use hozon_emulator_aws::states::asl::{self, Interpreter};
use hozon_emulator_aws::states::{self, Executions};
use hozon_emulator_aws::stores::{self, Emulated};
use hozon_emulator_aws::stream::Stream;
use hozon_emulator_aws::{queues, table};
use hozon_emulator_host::listening::bind_as_before;
use hozon_emulator_host::origins::AllowedHosts;
use hozon_emulator_stripe::StripeServer;
use hozon_erase::ErasePorts;
use hozon_shared::aws::Aws;
use hozon_shared::aws::in_process::Services;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::ports::{Ports, Triggers};
use hozon_shared::settings::Settings;
use hozon_shared::snapshots::leases;
use hozon_write_back::WriteBackPorts;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{Local, LocalOptions, ZohoOptions};
use crate::api::OperatorChoices;
use crate::background::Background;
use crate::clock::FastClock;
use crate::deliveries::Deliveries;
use crate::downloads::Downloads;
use crate::folder::OpenFolder;
use crate::functions::{
    ARCHIVE, AccessFunction, CAPTURE, ERASE, Functions, NotifyFunction, WRITE_BACK, connectors, notify, open_stream,
};
use crate::listening::bind_gateway;
use crate::public_url::{PublicLinks, PublicUrl};
use crate::recovery::recover;
use crate::secrets::STATEMENTS;
use crate::settings::{NOTICE_FAILURES, auth_settings, payment_settings, settings, trigger_settings};
use crate::ticker::{self, Ticker};
use crate::tokens::Issuer;
use crate::{api, gateway, organisations};

/// The state machine definition that AWS runs as well.
const STATE_MACHINE_FILE: &str = include_str!("../../../archive.asl.json");

impl Local {
    /// Starts all parts. Interrupted runs resume at once.
    pub async fn start(options: LocalOptions) -> Result<Self> {
        let background = Background::default();
        let mut folder = OpenFolder::open(&options.data)?;
        let stores = start_stores(&mut folder, &background).await?;
        let (listener, url) = bind_gateway(options.port, &folder.path.join("gateway.port")).await?;
        let public_url = options.public_url.as_ref().map_or_else(|| url.clone(), ToString::to_string);
        let adapters = Adapters::load(&options, settings(&folder.secrets, &stores, &public_url)).await;
        let emulators = Emulators::start(&options, &folder, &adapters, &background).await?;
        adapters.services.begin(emulators.router(&folder, &adapters, &stores.database)?);
        emulators.stripe.set_webhook_url(&format!("{url}/webhooks/payments"));
        let payments = adapters.aws.payments(payment_settings(emulators.stripe.url())).await?;
        let (stream, deliveries) = open_notify(&options, &folder, &adapters, &stores.database)?;
        let hosts = allowed_hosts(options.allowed_hosts, options.public_url.as_ref());
        let local = Self {
            url,
            public_url,
            ports: adapters.ports,
            aws: adapters.aws,
            settings: adapters.settings,
            database: stores.database,
            payments,
            stripe: emulators.stripe,
            profiles: options.profiles,
            connectors: adapters.connectors,
            terms: Arc::new(options.terms),
            run_length: options.limits.run_length,
            issuer: Issuer::new(folder.secrets.issuer(), options.speed)?,
            folder,
            executions: emulators.executions,
            ticker: emulators.ticker,
            stream,
            deliveries,
            accesses: stores.access_sender,
            background,
        };
        let router = local.gateway(adapters.triggers, options.webhooks, emulators.mailbox, hosts);
        local.begin_deliveries(stores.accesses);
        local.resume(options.slowing).await?;
        // Clients wait until now; `resume` would take a run that one of them starts for an interrupted one.
        local.background.serve(listener, router);
        Ok(local)
    }

    /// Returns the routes of the gateway.
    fn gateway(&self, triggers: Arc<dyn Triggers>, webhooks: Addresses, mailbox: Mailbox, hosts: AllowedHosts) -> Router {
        let authorizer = Arc::new(Authorizer::new(auth_settings(&self.url), self.ports.clock.clone()));
        let (terms, profiles, connectors) = (self.terms.clone(), self.profiles.clone(), self.connectors.clone());
        let choices = OperatorChoices { terms, profiles, connectors };
        let payments = self.payments.clone();
        let api = api::router(&self.ports, triggers, choices, payments, webhooks, self.run_length, &self.public_url);
        let downloads = Downloads::new(&self.ports, self.folder.secrets.plain_links(), self.accesses.clone());
        gateway::router(&self.ports, api, authorizer, &self.issuer, mailbox, downloads, hosts)
    }

    /// Starts the deliveries: records of the stream to `notify`, messages that are due, and downloads by link to `access`.
    fn begin_deliveries(&self, accesses: UnboundedReceiver<AccessEvent>) {
        let Background { stop, tasks } = &self.background;
        tasks.spawn(self.stream.clone().run(stop.clone()));
        tasks.spawn(self.deliveries.clone().run(stop.clone()));
        let access = Arc::new(AccessFunction(AccessPorts::from(&self.ports)));
        tasks.spawn(access_events::deliver(accesses, access, self.ports.clock.clone()));
    }

    /// Ends what the last process held, resumes interrupted runs, then starts the ticker. The clock `slowing` runs slower while runs are in progress.
    async fn resume(&self, slowing: Option<FastClock>) -> Result<()> {
        if let Some(clock) = slowing {
            tokio::spawn(clock.follow(self.executions.running()));
        }
        for organisation in self.organisations() {
            leases::end_all(&*self.ports.leases, organisation.id).await?;
        }
        self.executions.resume()?;
        recover(&self.ports, &self.executions).await?;
        let Background { stop, tasks } = &self.background;
        tasks.spawn(self.ticker.clone().run(stop.clone()));
        Ok(())
    }
}

/// Starts S3 and DynamoDB on the folder. If the list of organisations was lost, it is restored from the table.
async fn start_stores(folder: &mut OpenFolder, background: &Background) -> Result<Emulated> {
    let secrets = &folder.secrets;
    let keys = AccessKeys::new([(secrets.functions(), Allowed::Everything), (secrets.signer(), Allowed::ReadZips)]);
    let stores = stores::start(&folder.path, keys, &background.stop, &background.tasks).await?;
    if folder.registry.entries().is_empty() {
        folder.registry.restore(organisations::in_table(&stores.database)?)?;
    }
    Ok(stores)
}

/// The functions' adapters, with the settings that they were made from.
struct Adapters {
    settings: Settings,
    /// The services that the AWS clients call in this process, once they have begun.
    services: Services,
    aws: Aws,
    ports: Ports,
    connectors: Connectors,
    triggers: Arc<dyn Triggers>,
}

impl Adapters {
    async fn load(options: &LocalOptions, settings: Settings) -> Self {
        let services = Services::default();
        let aws = Aws::load_with_services(settings.clone(), services.clone()).await;
        let mut ports = aws.ports();
        ports.clock = options.clock.clone();
        ports.ids = options.ids.clone();
        if options.public_url.is_some() {
            ports.links = Arc::new(PublicLinks(ports.links));
        }
        let ZohoOptions { url, client } = options.zoho.clone();
        let connectors = connectors(Some(ZohoAccess::new(&ports, url, client)));
        let triggers = aws.triggers(trigger_settings());
        Self { settings, services, aws, ports, connectors, triggers }
    }
}

/// The emulators besides the stores. Some of them call functions.
struct Emulators {
    executions: Executions,
    stripe: StripeServer,
    ticker: Ticker,
    scheduler: Scheduler,
    mailbox: Mailbox,
}

impl Emulators {
    async fn start(options: &LocalOptions, folder: &OpenFolder, adapters: &Adapters, background: &Background) -> Result<Self> {
        let Adapters { ports, triggers, .. } = adapters;
        let executions = open_executions(options, folder, adapters, background)?;
        let stripe = start_stripe(folder, ports, background).await?;
        let (ticker, scheduler) = ticker::start(&folder.path, ports, triggers, &stripe, options.limits.retention())?;
        let mailbox = Mailbox::open(folder.path.join("mail"), ports.clock.clone())?;
        Ok(Self { executions, stripe, ticker, scheduler, mailbox })
    }

    /// Returns the services that AWS clients call in this process.
    fn router(&self, folder: &OpenFolder, adapters: &Adapters, database: &Database) -> Result<Router> {
        let queues = BTreeMap::from([(NOTICE_FAILURES.to_owned(), folder.path.join("notice-failures"))]);
        let vault = Vault::open(folder.secrets.stored(), folder.path.join("vault.json"))?;
        let router = states::router(self.executions.clone())
            .merge(scheduler::router(self.scheduler.clone(), adapters.ports.clock.clone()))
            .merge(secrets_manager::router(vault))
            .merge(kms::router(SigningKey::open(STATEMENTS, folder.secrets.statements())?))
            .merge(queues::router(queues))
            .merge(mail::service(self.mailbox.clone()))
            .merge(table::router(database.clone()));
        Ok(router)
    }
}

/// Opens the executions of the state machine; none runs before [`Executions::resume`].
fn open_executions(
    options: &LocalOptions,
    folder: &OpenFolder,
    adapters: &Adapters,
    background: &Background,
) -> Result<Executions> {
    let Adapters { ports, connectors, .. } = adapters;
    let seconds = options.limits.run_length.seconds().to_string();
    let values = [
        ("ArchiveFunctionArn", ARCHIVE),
        ("CaptureDatabaseFunctionArn", CAPTURE),
        ("CaptureWebFunctionArn", CAPTURE),
        ("WriteBackFunctionArn", WRITE_BACK),
        ("EraseFunctionArn", ERASE),
        ("ArchivesBucket", ARCHIVES_BUCKET),
        ("RunSeconds", &seconds),
    ];
    let machine = asl::load(STATE_MACHINE_FILE, &values)?;
    let limits = ArchiveSettings { plans: options.terms.plans.clone(), ..options.limits.clone() };
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let capture = CapturePorts {
        call_time: options.capture_time,
        runs_as: options.runs_as,
        ..CapturePorts::new(ports, connectors.clone(), options.profiles.clone())
    };
    let write_back = WriteBackPorts::new(ports, capture.clone());
    let (archive, erase) = (ArchivePorts::from(ports), ErasePorts::from(ports));
    let functions = Arc::new(Functions { archive, capture, write_back, erase, limits });
    let run = Interpreter::new(functions, at_once, options.speed, ports.clock.clone());
    let Background { stop, tasks } = background;
    Executions::new(folder.path.join("executions"), machine, run, tasks.clone(), stop.clone())
}

/// Starts the payment emulator, on the same port as last time if possible.
async fn start_stripe(folder: &OpenFolder, ports: &Ports, background: &Background) -> Result<StripeServer> {
    let listener = bind_as_before(&folder.path.join("stripe.port")).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (clock, ids) = (ports.clock.clone(), ports.ids.clone());
    let server = StripeServer::open(&folder.path.join("stripe.json"), &url, clock, ids, folder.secrets.payments())?;
    background.serve(listener, server.router());
    background.tasks.spawn(server.clone().run(background.stop.clone()));
    Ok(server)
}

/// Opens the table's stream, which the function `notify` reads, and the deliveries of its messages.
fn open_notify(
    options: &LocalOptions,
    folder: &OpenFolder,
    adapters: &Adapters,
    database: &Database,
) -> Result<(Stream, Deliveries)> {
    let Adapters { aws, ports, .. } = adapters;
    let notify = notify(aws, ports, options.webhooks)?;
    let deliveries = Deliveries::new(notify.clone(), ports.clock.clone());
    let function = NotifyFunction { notify, deliveries: deliveries.clone() };
    let stream = open_stream(&folder.path, database, function, ports.clock.clone())?;
    Ok((stream, deliveries))
}

/// Adds the host of the public address, if there is one, to the allowed hosts.
fn allowed_hosts(hosts: AllowedHosts, public_url: Option<&PublicUrl>) -> AllowedHosts {
    match public_url {
        Some(public) => hosts.and(public.host()),
        None => hosts,
    }
}
