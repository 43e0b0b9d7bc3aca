//! Reading one table by COPY: a task that turns lines into pages, a few pages ahead of whoever takes them.

use std::pin::Pin;

use futures_util::stream::Fuse;
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_connector_database::PAGE_BYTES;
use hozon_shared::domain::rows::{RowBuffer, RowPage};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{SourceError, SourcePage, SourceRows};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_postgres::CopyOutStream;

use crate::copy_text;
use crate::errors::about;
use crate::place::Place;
use crate::workers::Worker;

/// Number of pages that wait to be taken.
const PAGES_AHEAD: usize = 2;

/// How a reader knows the place behind a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Places {
    /// It does not.
    None,
    /// By the columns at these positions.
    Key(Vec<usize>),
    /// By its address, which follows its columns.
    Address,
}

/// A table that is being read.
pub(crate) struct Reading {
    worker: Worker,
    copy: Pin<Box<Fuse<CopyOutStream>>>,
    row: RowBuffer,
    /// An empty page with room for the next rows.
    page: RowPage,
    /// Address of the row that was read last.
    address: String,
    module: String,
    places: Places,
}

impl Reading {
    pub(crate) fn new(worker: Worker, copy: CopyOutStream, (module, columns): (&str, usize), places: Places) -> Self {
        let (copy, row, page) = (Box::pin(copy.fuse()), RowBuffer::default(), RowPage::new(columns));
        Self { worker, copy, row, page, address: String::new(), module: module.to_owned(), places }
    }

    /// Reads in a task of its own. The connection's task wakes it for every few kilobytes, which costs much less than to wake the thread
    /// that waits for whoever takes the pages.
    pub(crate) fn pages(self) -> SourceRows {
        let module = self.module.clone();
        let (sender, pages) = mpsc::channel(PAGES_AHEAD);
        // The task ends with the stream.
        let mut task = JoinSet::new();
        task.spawn(self.run(sender));
        let pages = stream::try_unfold((pages, task, module), |(mut pages, mut task, module)| async {
            if let Some(page) = pages.recv().await {
                return page.map(|page| Some((page, (pages, task, module))));
            }
            match task.join_next().await {
                Some(Err(error)) => Err(unreadable(&module, error)),
                _ => Ok(None),
            }
        });
        pages.boxed()
    }

    async fn run(mut self, pages: mpsc::Sender<Result<SourcePage, SourceError>>) {
        loop {
            let page = match self.page().await {
                Ok(rows) if rows.rows() == 0 => break,
                Ok(rows) => Ok(SourcePage { behind: self.place(&rows).map(|place| place.noted()), rows }),
                Err(error) => Err(error),
            };
            let is_last = page.is_err();
            if pages.send(page).await.is_err() || is_last {
                return;
            }
        }
        if let Err(error) = self.worker.release().await {
            // Whoever takes no pages any more needs no error either.
            drop(pages.send(Err(error)).await);
        }
    }

    async fn page(&mut self) -> Result<RowPage, SourceError> {
        while self.page.size() < PAGE_BYTES {
            let Some(line) = self.copy.try_next().await.map_err(|error| about(error, &self.module))? else { break };
            let address = if self.places == Places::Address { Some(&mut self.address) } else { None };
            copy_text::read(&line, &mut self.row, address, &mut self.page).map_err(|error| unreadable(&self.module, error))?;
        }
        let next = self.page.next();
        Ok(std::mem::replace(&mut self.page, next))
    }

    /// The place behind the last row of a page.
    fn place(&self, page: &RowPage) -> Option<Place> {
        match &self.places {
            Places::None => None,
            Places::Key(columns) => {
                let row = page.last_row();
                let value = |at: &usize| row.get(*at).copied().flatten().map(str::to_owned);
                columns.iter().map(value).collect::<Option<_>>().map(Place::Key)
            }
            Places::Address => Some(Place::Address(self.address.clone())),
        }
    }
}

fn unreadable(module: &str, error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    SourceError { kind: SourceErrorKind::Unreadable(module.to_owned()), source: Some(Box::new(error)) }
}
