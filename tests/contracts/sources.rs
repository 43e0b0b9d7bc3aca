//! Reading the states of sources, for the contracts of connectors.

use futures_util::TryStreamExt;
use hozon_shared::domain::source::{SourceErrorKind, SourceModule};
use hozon_shared::ports::{HeldState, ModuleReading, SourceError, SourcePage, SourceRows};

/// Cells of a row; `None` for NULL.
pub type Row = Vec<Option<String>>;

/// Reads all rows of a module, which must be as many as the server has counted, if it could.
pub async fn rows(state: &dyn HeldState, module: &SourceModule) -> Result<Vec<Row>, SourceError> {
    let mut found = Vec::new();
    let ModuleReading { counted, rows: mut pages } = state.read(module, None).await?;
    while let Some(page) = pages.try_next().await? {
        add(&page, &mut found);
    }
    assert!(counted.is_none_or(|counted| counted == found.len() as u64), "{}", module.api_name);
    Ok(found)
}

/// Reads all rows of a module in pieces, each of which begins behind the first page of the one before.
pub async fn rows_in_pieces(state: &dyn HeldState, module: &SourceModule) -> (Vec<Row>, usize) {
    let (mut found, mut pieces, mut from) = (Vec::new(), 0, None);
    loop {
        let mut pages = state.read(module, from.as_ref()).await.unwrap().rows;
        let Some(page) = pages.try_next().await.unwrap() else { return (found, pieces) };
        add(&page, &mut found);
        (pieces, from) = (pieces + 1, Some(page.behind.expect("a place")));
    }
}

fn add(page: &SourcePage, found: &mut Vec<Row>) {
    let own = |cells: &[Option<&str>]| {
        found.push(cells.iter().map(|cell| cell.map(str::to_owned)).collect());
        Ok::<(), std::convert::Infallible>(())
    };
    page.rows.for_each(own).unwrap();
}

/// The module of a state by its name.
pub fn module<'a>(state: &'a dyn HeldState, name: &str) -> &'a SourceModule {
    state.modules().iter().find(|module| module.api_name == name).unwrap_or_else(|| panic!("no {name}"))
}

/// Reads on until the error that must come.
pub async fn failure(mut pages: SourceRows) -> SourceErrorKind {
    loop {
        match pages.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("all rows came from a server that crashed"),
            Err(error) => return error.kind,
        }
    }
}
