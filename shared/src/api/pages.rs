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

impl Paged {
    /// The page's number and its most records.
    pub fn read(&self, default: usize, most: usize) -> Result<(usize, usize), ApiError> {
        let page = whole_number(self.page.as_deref(), "page", 1, LAST_PAGE)?;
        Ok((page, whole_number(self.per_page.as_deref(), "per_page", default, most)?))
    }
}

/// Reads a whole number from 1 to `most` of the query; one that is not there has its default.
pub fn whole_number(text: Option<&str>, name: &'static str, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(default) };
    let value = text.parse().ok().filter(|value| (1..=most).contains(value));
    value.ok_or_else(|| ApiError::invalid_param(name, format!("{name} is a whole number from 1 to {most}.")))
}
