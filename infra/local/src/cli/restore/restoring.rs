//! The steps of a restore: what is missing, the plan, the consent, tables, rows, foreign keys, and the report.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use hozon::language::say;
use hozon::restoring::{
    RestoreEngine, RestoreOrder, RestoreProgress, RestoreWork, WantedBackup, failure_of, fill, fillable, with_filled,
    write_report,
};
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::creating::Creation;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::restore::{
    FilePlanCounts, ModulePlan, PlanCounts, Restore, RestorePlan, RestorePolicy, RestoreSelection, RestoreStatus, WrittenCounts,
};
use hozon_shared::domain::writing::{FillOutcome, Hindrance, HindranceKind};
use hozon_shared::ports::{Ports, SourceError, Writer};

use super::ask::ConsentArgs;
use super::shown;
use crate::cli::progress::ProgressDisplay;

/// What is restored of a backup.
#[derive(Args)]
pub struct WantedArgs {
    #[arg(help = say("Only these modules, separated by commas", "復元するモジュール（カンマ区切り）"), long, value_name = "NAMES", value_delimiter = ',')]
    modules: Vec<String>,
    #[arg(help = say("Changes records back that were changed since", "バックアップ後に変更されたレコードを元に戻します"), long)]
    change: bool,
    #[arg(help = say("Deletes records that the backup does not have. Their number must be confirmed", "バックアップにないレコードを削除します（件数の確認が必要です）"), long)]
    delete: bool,
    #[arg(help = say("Makes the tables, sequences and foreign keys that the backup has and the database lacks", "バックアップにありデータベースにないテーブル、シーケンス、外部キーを作成します"), long)]
    create: bool,
    #[arg(help = say("Writes what became of each record into a CSV file", "各レコードの結果を CSV ファイルに書き出します"), long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[arg(help = say("Number of records that are shown per module; 0 shows the counts only", "モジュールごとに表示するレコード数（0 は件数のみ）"), long, value_name = "NUMBER", default_value_t = 3)]
    limit: usize,
}

impl WantedArgs {
    /// API names of the modules; empty for all.
    pub fn modules(&self) -> &[String] {
        &self.modules
    }
}

/// What is restored, where from, and what writes it.
pub struct Prepared<'a> {
    pub ports: &'a Ports,
    pub engine: RestoreEngine<'a>,
    pub wanted: &'a WantedBackup,
    pub connection: Connection,
    pub writer: Box<dyn Writer>,
}

/// A restore that is under way.
pub struct Restoring<'a> {
    prepared: Prepared<'a>,
    arguments: &'a WantedArgs,
    consent: &'a ConsentArgs,
    target: String,
}

impl<'a> Restoring<'a> {
    pub fn new(prepared: Prepared<'a>, arguments: &'a WantedArgs, consent: &'a ConsentArgs) -> Self {
        let target = prepared.connection.source.shown();
        Self { prepared, arguments, consent, target }
    }

    /// Restores. Returns whether all is as planned. Fails only as long as nothing was written.
    pub async fn run(self) -> Result<bool> {
        let wanted = self.arguments;
        let modules = self.selected()?;
        let missing = self.missing(&modules).await?;
        let (gone, there): (Vec<_>, Vec<_>) = modules.into_iter().partition(|module| missing.contains(&module.api_name));
        if !wanted.create {
            if there.is_empty() {
                bail!(shown::no_tables(&gone, &self.target));
            }
            eprint!("{}", shown::missing_tables(&gone));
            return self.existing(there.into_iter().chain(gone).collect()).await;
        }
        if gone.is_empty() {
            return self.existing(there).await;
        }
        self.created(gone, there).await
    }

    /// The modules that are restored.
    fn selected(&self) -> Result<Vec<Module>> {
        let (all, names) = (&self.prepared.wanted.modules, &self.arguments.modules);
        if let Some(unknown) = names.iter().find(|name| !all.iter().any(|module| module.api_name == **name)) {
            bail!(shown::unknown_module(unknown, all));
        }
        Ok(all.iter().filter(|module| names.is_empty() || names.contains(&module.api_name)).cloned().collect())
    }

    /// Names of the modules whose tables the database lacks.
    async fn missing(&self, modules: &[Module]) -> Result<BTreeSet<String>> {
        let found = self.prepared.writer.check(modules).await.map_err(|error| self.failed(&error))?;
        let is_gone = |hindrance: &Hindrance| hindrance.kind == HindranceKind::Gone && hindrance.field.is_none();
        Ok(found.into_iter().filter(is_gone).map(|hindrance| hindrance.module).collect())
    }

    /// Restores into tables that are there.
    async fn existing(&self, modules: Vec<Module>) -> Result<bool> {
        let (work, restore) = self.planned(&modules).await?;
        let own = restore.plan.clone().unwrap_or_default();
        let plan = with_filled(own.clone(), &self.fillable(&own, &modules));
        self.print_plan(&work, &restore, &plan).await?;
        let is_dry_run = self.consent.dry_run;
        if is_dry_run || plan.writes() == 0 {
            work.cancel().await?;
            println!("{}", shown::nothing_done(is_dry_run));
            return Ok(impossible(&plan) == 0);
        }
        if own.is_hindered() {
            work.cancel().await?;
            bail!(shown::hindered(&own, &self.target));
        }
        let is_confirmed = self.consent.confirm(&plan, &self.target).await;
        if !matches!(is_confirmed, Ok(true)) {
            work.cancel().await?;
            return is_confirmed.and_then(|_| bail!(say("it was not confirmed", "確認されませんでした")));
        }
        Ok(self.written(&work, &own, &modules).await.unwrap_or_else(|error| shown::failed_later(&error)))
    }

    /// Modules that nothing identifies, and whose tables can be filled.
    fn fillable(&self, plan: &RestorePlan, modules: &[Module]) -> Vec<String> {
        if self.arguments.create { fillable(plan, modules) } else { Vec::new() }
    }

    /// Makes the tables that are missing, and restores into all.
    async fn created(&self, gone: Vec<Module>, there: Vec<Module>) -> Result<bool> {
        if let Some(module) = gone.iter().find(|module| module.structure.is_none()) {
            bail!(shown::without_structure(module));
        }
        let new = |module: &Module| ModulePlan {
            api_name: module.api_name.clone(),
            label: module.label.clone(),
            counts: PlanCounts { create: module.rows, ..PlanCounts::default() },
            files: FilePlanCounts::default(),
        };
        let mut plan = RestorePlan { modules: gone.iter().map(new).collect(), hindrances: Vec::new(), creates: Vec::new() };
        println!("{}", shown::new_tables(&gone, &self.target));
        if !there.is_empty() {
            let (work, restore) = self.planned(&there).await?;
            self.print_plan(&work, &restore, &restore.plan.clone().unwrap_or_default()).await?;
            work.cancel().await?;
            plan.modules.extend(restore.plan.unwrap_or_default().modules);
        }
        print!("{}", shown::totals(&plan, &self.target));
        if self.consent.dry_run {
            println!("{}", shown::nothing_done(true));
            return Ok(impossible(&plan) == 0);
        }
        if !self.consent.confirm(&plan, &self.target).await? {
            bail!(say("it was not confirmed", "確認されませんでした"));
        }
        let sequences: &[_] = if self.arguments.modules.is_empty() { &self.prepared.wanted.sequences } else { &[] };
        let creation = self.prepared.writer.create(&gone, sequences).await.map_err(|error| self.failed(&error))?;
        print!("{}", shown::creation(&creation));
        if !creation.faults.is_empty() {
            bail!(shown::not_created(&creation));
        }
        let modules = gone.into_iter().chain(there).collect();
        Ok(self.restored_into_new(modules, plan.counts().delete).await.unwrap_or_else(|error| shown::failed_later(&error)))
    }

    /// Restores into tables, some of which were just made.
    async fn restored_into_new(&self, modules: Vec<Module>, deletes: u64) -> Result<bool> {
        let (work, restore) = self.planned(&modules).await?;
        let plan = restore.plan.unwrap_or_default();
        if plan.counts().delete != deletes || plan.is_hindered() {
            work.cancel().await?;
            bail!(say(
                "the database has changed meanwhile. Plan again",
                "データベースが変更されました。もう一度実行してください"
            ));
        }
        self.written(&work, &plan, &modules).await
    }

    async fn planned(&self, modules: &[Module]) -> Result<(RestoreWork<'_>, Restore)> {
        let Prepared { ports, engine, wanted, connection, .. } = &self.prepared;
        let WantedArgs { change, delete, .. } = *self.arguments;
        let is_all = modules.len() == wanted.modules.len();
        let selection = match is_all {
            true => RestoreSelection::Everything {},
            false => RestoreSelection::Modules { modules: modules.iter().map(|module| module.api_name.clone()).collect() },
        };
        let order = RestoreOrder { connection: connection.id, selection, policy: RestorePolicy { change, delete } };
        let work = RestoreWork::request(ports, engine, wanted, order).await?;
        let mut display = ProgressDisplay::new(say("Planning", "計画の作成中"));
        let planned = work.plan(&mut |step| show(&mut display, step)).await;
        display.finish();
        Ok((work, planned?))
    }

    async fn print_plan(&self, work: &RestoreWork<'_>, restore: &Restore, plan: &RestorePlan) -> Result<()> {
        let examples = match self.arguments.limit {
            0 => Vec::new(),
            most => work.examples(restore, most).await?,
        };
        print!("{}", shown::plan(plan, &examples, &self.target));
        Ok(())
    }

    /// Fills tables, writes the records of a plan and then the foreign keys, and says what became of them.
    async fn written(&self, work: &RestoreWork<'_>, plan: &RestorePlan, modules: &[Module]) -> Result<bool> {
        let (filled, is_filled) = self.filled(&self.fillable(plan, modules), modules).await?;
        let impossible = impossible(&with_filled(plan.clone(), &filled));
        let is_written = match plan.writes() {
            0 => work.cancel().await.map(|()| true),
            _ => self.applied(work, plan).await,
        };
        self.with_foreign_keys(modules, is_written? && is_filled && impossible == 0).await
    }

    /// Fills the tables of modules. Returns those that are filled, and whether these are all.
    async fn filled(&self, names: &[String], modules: &[Module]) -> Result<(Vec<String>, bool)> {
        let Prepared { ports, wanted, writer, .. } = &self.prepared;
        let mut filled = Vec::new();
        for module in modules.iter().filter(|module| names.contains(&module.api_name)) {
            let outcome = fill(ports, wanted, module, &**writer).await?;
            println!("{}", shown::filled(&module.api_name, &outcome));
            filled.extend(matches!(outcome, FillOutcome::Filled(_)).then(|| module.api_name.clone()));
        }
        let is_all = filled.len() == names.len();
        Ok((filled, is_all))
    }

    /// Writes the records of a plan. Returns whether all are written.
    async fn applied(&self, work: &RestoreWork<'_>, plan: &RestorePlan) -> Result<bool> {
        work.confirm(plan.counts().delete).await?;
        let mut display = ProgressDisplay::new(say("Restoring", "復元中"));
        let applied = work.apply(plan.writes(), &mut |step| show(&mut display, step)).await;
        let took = display.finish();
        let (restore, outcome) = (applied?, work.written().await?);
        print!("{}", shown::outcome(outcome, took, &self.target));
        if let Some(file) = &self.arguments.report {
            write_report(&work.files(), file).await?;
            println!("{}", say(format!("Report: {}", file.display()), format!("結果: {}", file.display())));
        }
        if restore.status != RestoreStatus::Completed {
            bail!(
                failure_of(&restore).unwrap_or_else(|| say("the restore was cancelled", "復元はキャンセルされました").to_owned())
            );
        }
        Ok(is_all_written(outcome.records) && is_all_written(outcome.files))
    }

    /// Adds the foreign keys that are missing, if tables are made.
    async fn with_foreign_keys(&self, modules: &[Module], is_as_planned: bool) -> Result<bool> {
        if !self.arguments.create {
            return Ok(is_as_planned);
        }
        let added: Creation = self.prepared.writer.add_foreign_keys(modules).await.map_err(|error| self.failed(&error))?;
        print!("{}", shown::creation(&added));
        Ok(is_as_planned && added.faults.is_empty())
    }

    fn failed(&self, error: &SourceError) -> anyhow::Error {
        anyhow!("{}: {} ({})", self.target, error.kind, error.kind.code())
    }
}

/// Number of records and files that cannot be written.
fn impossible(plan: &RestorePlan) -> u64 {
    plan.counts().impossible + plan.files().impossible
}

fn is_all_written(WrittenCounts { changed_meanwhile, refused, .. }: WrittenCounts) -> bool {
    changed_meanwhile == 0 && refused == 0
}

fn show(display: &mut ProgressDisplay, step: RestoreProgress) {
    match step {
        RestoreProgress::Reading(read) => display.capture(read),
        RestoreProgress::Writing { done, total } => display.count(done, total, say("records", "件")),
    }
}
