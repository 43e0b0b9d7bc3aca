//! Reading one table: a task that turns rows into pages, a few pages ahead of whoever takes them.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_connector_database::PAGE_BYTES;
use hozon_shared::domain::rows::RowPage;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{Protection, SourceError, SourcePage, SourceRows};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::sync::{Mutex, mpsc};

use crate::cells::{RowError, Rows};
use crate::errors::{about, source_error};
use crate::workers::Worker;

/// Number of pages that wait to be taken.
const PAGES_AHEAD: usize = 2;

type Pages = mpsc::Sender<Result<RowPage, SourceError>>;

/// A table that is being read.
pub(crate) struct Reading {
    pub worker: Worker,
    /// Ends the query if nobody wants its rows any more.
    pub observer: Arc<Mutex<Conn>>,
    pub protection: Protection,
    pub module: String,
    pub columns: usize,
    pub query: String,
    pub rows: Rows,
}

/// How reading ended without an error.
enum End {
    All,
    /// Whoever took the pages is gone.
    Abandoned,
}

impl Reading {
    /// Begins to read.
    pub(crate) fn pages(self) -> SourceRows {
        let (sender, pages) = mpsc::channel(PAGES_AHEAD);
        tokio::spawn(self.run(sender));
        let pages = stream::unfold(pages, |mut pages| async { pages.recv().await.map(|page| (page, pages)) });
        pages.map_ok(|rows| SourcePage { rows, behind: None }).boxed()
    }

    async fn run(mut self, pages: Pages) {
        let ended = match self.send_all(&pages).await {
            Ok(End::All) => self.worker.end_table(self.protection).await.map_err(source_error),
            Ok(End::Abandoned) => return self.stop().await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => self.worker.give_back(),
            // The connection is not given back, so that later reads fail too. If nobody takes the error, nobody needs it.
            Err(error) => drop(pages.send(Err(error)).await),
        }
    }

    async fn send_all(&mut self, pages: &Pages) -> Result<End, SourceError> {
        let failed = |error| about(error, &self.module);
        let mut result = self.worker.conn.query_iter(self.query.as_str()).await.map_err(failed)?;
        let Some(mut rows) = result.stream::<Row>().await.map_err(failed)? else {
            return Err(SourceErrorKind::Refused.into());
        };
        let mut page = RowPage::new(self.columns);
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            self.rows.read(row, &mut page).map_err(|error| unreadable(&self.module, error))?;
            if page.size() >= PAGE_BYTES {
                let full = std::mem::replace(&mut page, RowPage::new(self.columns));
                if pages.send(Ok(full)).await.is_err() {
                    return Ok(End::Abandoned);
                }
            }
        }
        let is_taken = page.rows() == 0 || pages.send(Ok(page)).await.is_ok();
        Ok(if is_taken { End::All } else { End::Abandoned })
    }

    /// Ends the connection at the server, which would otherwise send the rest of the rows.
    async fn stop(self) {
        let kill = format!("kill {}", self.worker.conn.id());
        // A connection that has ended already needs no end.
        let _ = self.observer.lock().await.query_drop(kill).await;
    }
}

fn unreadable(module: &str, error: RowError) -> SourceError {
    SourceError { kind: SourceErrorKind::Unreadable(module.to_owned()), source: Some(Box::new(error)) }
}
