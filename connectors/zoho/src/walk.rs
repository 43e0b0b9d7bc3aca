//! A walk through the records of a module in the order of their ids, from its beginning or on from a place. It uses what costs least.

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{ResumePoint, SourceError};
use serde::{Deserialize, Serialize};

use crate::bulk::{self, Ended, Job};
use crate::catalog::Table;
use crate::client::Client;
use crate::columns::{Cells, Record};
use crate::names::Names;
use crate::records::{self, FieldSets, Listed, PAGE};
use crate::spill::Spilled;

/// Number of jobs whose results were gone, until the record API is used.
const JOBS: u32 = 3;

/// A place between two records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Id of the record in front of it.
    after: u64,
    /// Token of the page behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    /// Job whose result holds the records behind it. Results live for a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<Job>,
}

impl Place {
    pub(crate) fn parse(from: &ResumePoint) -> Result<Self, SourceError> {
        let lost = |error| SourceError { kind: SourceErrorKind::StateLost, source: Some(Box::new(error)) };
        serde_json::from_str(&from.0).map_err(lost)
    }

    pub(crate) fn noted(&self) -> Option<ResumePoint> {
        serde_json::to_string(self).ok().map(ResumePoint)
    }
}

/// Records with their ids, and their cells.
pub(crate) type Rows = Vec<(u64, Cells)>;

/// What the next records are read by.
enum Way {
    /// The first page, or that of a token.
    Pages(Option<String>),
    /// Ids that a query has given, and whether there are more behind them.
    Ids(Vec<u64>, bool),
    /// A job, or one that is still to be begun.
    Job(Option<Job>),
    /// Rows of a job from a position on, and whether there are records behind them.
    Result {
        job: Job,
        rows: Spilled,
        at: usize,
        has_more: bool,
    },
    End,
}

/// A walk.
pub(crate) struct Walk {
    table: Table,
    names: Names,
    fields: FieldSets,
    after: u64,
    way: Way,
    jobs: u32,
}

impl Walk {
    pub(crate) fn new(table: &Table, names: &Names, from: Option<Place>) -> Self {
        let (after, way) = match from {
            None if bulk::pays(table, names) => (0, Way::Job(None)),
            None => (0, Way::Pages(None)),
            Some(Place { after, job: Some(job), .. }) => (after, Way::Job(Some(job))),
            Some(Place { after, page: Some(token), .. }) => (after, Way::Pages(Some(token))),
            Some(Place { after, .. }) => (after, Way::Ids(Vec::new(), true)),
        };
        Self { table: table.clone(), names: names.clone(), fields: FieldSets::of(table), after, way, jobs: 0 }
    }

    /// The place behind the records that were read last.
    pub(crate) fn place(&self) -> Place {
        let (page, job) = match &self.way {
            Way::Pages(token) => (token.clone(), None),
            Way::Result { job, .. } | Way::Job(Some(job)) => (None, Some(job.clone())),
            _ => (None, None),
        };
        Place { after: self.after, page, job }
    }

    /// Reads on. `None` at the end; no records are not the end.
    pub(crate) async fn next(&mut self, client: &Client) -> Result<Option<Rows>, SourceError> {
        let rows = match std::mem::replace(&mut self.way, Way::End) {
            Way::End => return Ok(None),
            Way::Pages(token) => self.page(client, token).await?,
            Way::Ids(ids, has_more) => self.ids(client, ids, has_more).await?,
            Way::Job(job) => self.job(client, job).await?,
            Way::Result { job, rows, at, has_more } => self.result(client, job, rows, at, has_more).await?,
        };
        Ok(Some(rows))
    }

    async fn page(&mut self, client: &Client, token: Option<String>) -> Result<Rows, SourceError> {
        let Some(Listed { records, next, has_more }) = records::page(client, &self.table, &self.fields, token.as_deref()).await?
        else {
            self.way = Way::Ids(Vec::new(), true);
            return Ok(Vec::new());
        };
        self.way = match next {
            _ if !has_more => Way::End,
            Some(token) => Way::Pages(Some(token)),
            None => Way::Ids(Vec::new(), true),
        };
        Ok(self.new_rows(&records))
    }

    async fn ids(&mut self, client: &Client, mut ids: Vec<u64>, mut has_more: bool) -> Result<Rows, SourceError> {
        if ids.is_empty() && has_more {
            (ids, has_more) = records::ids_behind(client, &self.table.api_name, self.after).await?;
        }
        let rest = ids.split_off(ids.len().min(PAGE));
        let records = records::by_ids(client, &self.table, &ids).await?;
        self.way = if rest.is_empty() && !has_more { Way::End } else { Way::Ids(rest, has_more) };
        let rows = self.new_rows(&records);
        self.after = ids.last().copied().unwrap_or(self.after);
        Ok(rows)
    }

    /// Waits for a job. Its rows come with the next calls.
    async fn job(&mut self, client: &Client, job: Option<Job>) -> Result<Rows, SourceError> {
        let begun = match job {
            Some(job) => Some(job),
            None => bulk::begin(client, &self.table, &self.names, self.after).await?,
        };
        let ended = match &begun {
            Some(job) => bulk::end(client, &self.table, &self.names, job).await?,
            None => Ended::Failed,
        };
        self.way = match (begun, ended) {
            (Some(job), Ended::Rows { rows, has_more }) => {
                let at = rows.behind(self.after);
                Way::Result { job, rows, at, has_more }
            }
            (_, Ended::Gone) if self.jobs < JOBS => Way::Job(None),
            // A walk by pages begins in front.
            _ if self.after == 0 => Way::Pages(None),
            _ => Way::Ids(Vec::new(), true),
        };
        self.jobs += 1;
        Ok(Vec::new())
    }

    async fn result(&mut self, client: &Client, job: Job, rows: Spilled, at: usize, has_more: bool) -> Result<Rows, SourceError> {
        let mut read = rows.rows(at, PAGE)?;
        if read.is_empty() {
            (self.way, self.jobs) = (if has_more { Way::Job(None) } else { Way::End }, 0);
            return Ok(read);
        }
        self.complete(client, &mut read).await?;
        self.after = read.last().map_or(self.after, |(id, _)| *id);
        self.way = Way::Result { job, rows, at: at + read.len(), has_more };
        Ok(read)
    }

    /// Reads what a result shows only in part, where there is something.
    async fn complete(&self, client: &Client, rows: &mut Rows) -> Result<(), SourceError> {
        let rich: Vec<_> = self.table.placed().filter(|(_, column)| column.kind.is_rich()).collect();
        // A lookup has its id behind its name.
        let has = |cells: &Cells| rich.iter().any(|(at, column)| cells[*at..*at + column.width()].iter().any(Option::is_some));
        let ids: Vec<u64> = rows.iter().filter(|(_, cells)| has(cells)).map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let names = rich.iter().map(|(_, column)| column.api_name.as_str()).collect::<Vec<_>>().join(",");
        for (id, record) in records::by_ids_of(client, &self.table.api_name, &names, &ids).await? {
            let Ok(found) = rows.binary_search_by_key(&id, |(id, _)| *id) else { continue };
            for (at, column) in &rich {
                let mut cells = Vec::new();
                column.push(&record, &mut cells);
                rows[found].1.splice(*at..*at + cells.len(), cells);
            }
        }
        Ok(())
    }

    /// Rows of the records that were not read yet.
    fn new_rows(&mut self, records: &[(u64, Record)]) -> Rows {
        let new = records.iter().filter(|(id, _)| *id > self.after);
        let rows: Rows = new.map(|(id, record)| (*id, records::cells(&self.table, record))).collect();
        self.after = rows.last().map_or(self.after, |(id, _)| *id);
        rows
    }
}
