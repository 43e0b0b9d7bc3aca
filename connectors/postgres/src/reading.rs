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
    /// Address of the row that was read last.
    address: String,
    module: String,
    columns: usize,
    places: Places,
}

impl Reading {
    pub(crate) fn new(worker: Worker, copy: CopyOutStream, (module, columns): (&str, usize), places: Places) -> Self {
        let (copy, row, address) = (Box::pin(copy.fuse()), RowBuffer::default(), String::new());
        Self { worker, copy, row, address, module: module.to_owned(), columns, places }
    }

    pub(crate) fn pages(self) -> SourceRows {
        let pages = stream::try_unfold(self, |mut reading| async {
            let page = reading.page().await?;
            if page.rows() > 0 {
                let behind = reading.place().map(|place| place.noted());
                return Ok(Some((SourcePage { rows: page, behind }, reading)));
            }
            reading.worker.release().await?;
            Ok(None)
        });
        pages.boxed()
    }

    async fn page(&mut self) -> Result<RowPage, SourceError> {
        let mut page = RowPage::new(self.columns);
        while page.size() < PAGE_BYTES {
            let Some(line) = self.copy.try_next().await.map_err(|error| about(error, &self.module))? else { break };
            let address = if self.places == Places::Address { Some(&mut self.address) } else { None };
            copy_text::read(&line, &mut self.row, address, &mut page).map_err(|error| unreadable(&self.module, error))?;
        }
        Ok(page)
    }

    /// The place behind the row that was read last.
    fn place(&self) -> Option<Place> {
        match &self.places {
            Places::None => None,
            Places::Key(columns) => {
                let value = |at: &usize| self.row.cell(*at).map(str::to_owned);
                columns.iter().map(value).collect::<Option<_>>().map(Place::Key)
            }
            Places::Address => Some(Place::Address(self.address.clone())),
        }
    }
}

fn unreadable(module: &str, error: LineError) -> SourceError {
    SourceError { kind: SourceErrorKind::Unreadable(module.to_owned()), source: Some(Box::new(error)) }
}
