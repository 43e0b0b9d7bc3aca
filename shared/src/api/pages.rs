//! Lists by pages, as the query asks for them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiError;

/// Pages beyond this one are refused.
const LAST_PAGE: usize = 500;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paged {
    /// From 1. 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    page: Option<String>,
    /// 1 to 100. 20.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    per_page: Option<String>,
}

/// Which part of a list an answer is.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageInfo {
    /// Most records of a page.
    pub per_page: usize,
    /// Records of this page.
    pub count: usize,
    /// Its number, from 1.
    pub page: usize,
    /// Whether there is another page.
    pub more_records: bool,
}

/// A page that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    number: usize,
    size: usize,
}

impl Paged {
    /// The page; it has `default` records at most, unless the query names another number up to `most`.
    pub fn read(&self, default: usize, most: usize) -> Result<Page, ApiError> {
        Page::read(self.page.as_deref(), self.per_page.as_deref(), default, most)
    }
}

impl Page {
    /// Reads the two parameters of a query.
    pub fn read(page: Option<&str>, per_page: Option<&str>, default: usize, most: usize) -> Result<Self, ApiError> {
        let number = whole_number(page, "page", 1, LAST_PAGE)?;
        Ok(Self { number, size: whole_number(per_page, "per_page", default, most)? })
    }

    /// How many records of a list show this page, and whether there is another.
    pub fn needed(self) -> usize {
        self.number * self.size + 1
    }

    /// Takes the page out of the first records of a list, as many of them as are needed.
    pub fn of<T>(self, found: Vec<T>) -> (Vec<T>, PageInfo) {
        let Self { number, size } = self;
        let more_records = found.len() >= self.needed();
        let shown: Vec<T> = found.into_iter().skip((number - 1) * size).take(size).collect();
        let info = PageInfo { per_page: size, count: shown.len(), page: number, more_records };
        (shown, info)
    }
}

/// Reads a whole number from 1 to `most` of the query; one that is not there has its default.
fn whole_number(text: Option<&str>, name: &'static str, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(default) };
    let value = text.parse().ok().filter(|value| (1..=most).contains(value));
    value.ok_or_else(|| ApiError::invalid_param(name, format!("{name} is a whole number from 1 to {most}.")))
}
