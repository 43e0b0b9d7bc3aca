//! Reading one table by COPY.

use std::pin::Pin;

use futures_util::stream::Fuse;
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_connector_database::PAGE_BYTES;
use hozon_shared::domain::rows::{RowBuffer, RowPage};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{SourceError, SourcePage, SourceRows};
use tokio_postgres::CopyOutStream;

use crate::copy_text::{self, LineError};
use crate::errors::about;
use crate::place::Place;
use crate::workers::Worker;

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

    pub(crate) fn pages(self) -> SourceRows {
        let pages = stream::try_unfold(self, |mut reading| async {
            let page = reading.page().await?;
            if page.rows() > 0 {
                let behind = reading.place(&page).map(|place| place.noted());
                return Ok(Some((SourcePage { rows: page, behind }, reading)));
            }
            reading.worker.release().await?;
            Ok(None)
        });
        pages.boxed()
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

fn unreadable(module: &str, error: LineError) -> SourceError {
    SourceError { kind: SourceErrorKind::Unreadable(module.to_owned()), source: Some(Box::new(error)) }
}
