//! Pagination of lists by query parameters.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiError;

/// Largest allowed page number.
const LAST_PAGE: usize = 500;

/// The requested page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paged {
    /// Page number from 1. Defaults to 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    page: Option<String>,
    /// Records per page, 1 to 100. Defaults to 20.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    per_page: Option<String>,
}

/// The position of a page within its list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageInfo {
    /// Maximum number of records per page.
    pub per_page: usize,
    /// Number of records on this page.
    pub count: usize,
    /// Page number, from 1.
    pub page: usize,
    /// Whether more pages follow.
    pub more_records: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Page {
    number: usize,
    size: usize,
}

impl Paged {
    /// Parses the page. A page has `default` records, unless the query requests another number up to `most`.
    pub fn read(&self, default: usize, most: usize) -> Result<Page, ApiError> {
        Page::read(self.page.as_deref(), self.per_page.as_deref(), default, most)
    }
}

impl Page {
    /// Parses the `page` and `per_page` parameters.
    pub fn read(page: Option<&str>, per_page: Option<&str>, default: usize, most: usize) -> Result<Self, ApiError> {
        let number = whole_number(page, "page", 1, LAST_PAGE)?;
        Ok(Self { number, size: read_per_page(per_page, default, most)? })
    }

    /// Number of leading records needed to fill this page and to know whether another follows.
    pub fn needed(self) -> usize {
        self.number * self.size + 1
    }

    /// Extracts the page from the leading records of a list, of which `needed` were requested.
    pub fn of<T>(self, found: Vec<T>) -> (Vec<T>, PageInfo) {
        let Self { number, size } = self;
        let more_records = found.len() >= self.needed();
        let shown: Vec<T> = found.into_iter().skip((number - 1) * size).take(size).collect();
        let info = PageInfo { per_page: size, count: shown.len(), page: number, more_records };
        (shown, info)
    }
}

/// Parses the `per_page` parameter of a list: at most `most` records, `default` if it is absent.
pub fn read_per_page(per_page: Option<&str>, default: usize, most: usize) -> Result<usize, ApiError> {
    whole_number(per_page, "per_page", default, most)
}

/// Parses a whole number from 1 to `most`, or returns the default if the parameter is absent.
fn whole_number(text: Option<&str>, name: &'static str, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(default) };
    let value = text.parse().ok().filter(|value| (1..=most).contains(value));
    value.ok_or_else(|| ApiError::invalid_param(name, format!("Set {name} to a whole number from 1 to {most}.")))
}
