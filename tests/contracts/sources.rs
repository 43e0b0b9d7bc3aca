//! Reading the states of sources, for the contracts of connectors.

use futures_util::TryStreamExt;
use hozon_shared::domain::source::{SourceErrorKind, SourceModule};
use hozon_shared::ports::{HeldState, ModuleReading, SourceError, SourceRows};

/// Cells of a row; `None` for NULL.
pub type Row = Vec<Option<String>>;

/// Reads all rows of a module, which must be as many as the server has counted, if it could.
pub async fn rows(state: &dyn HeldState, module: &SourceModule) -> Result<Vec<Row>, SourceError> {
    let mut found = Vec::new();
    let ModuleReading { counted, rows: mut pages } = state.read(module).await?;
    while let Some(page) = pages.try_next().await? {
        page.for_each(|cells| {
            found.push(cells.iter().map(|cell| cell.map(str::to_owned)).collect());
            Ok::<(), std::convert::Infallible>(())
        })
        .unwrap();
    }
    assert!(counted.is_none_or(|counted| counted == found.len() as u64), "{}", module.api_name);
    Ok(found)
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
