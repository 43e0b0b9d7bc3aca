//! Validation of the plan and country of an organisation.

use super::Terms;
use crate::domain::country::is_country;

/// Error returned for an unknown plan or country. The text lists the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownTerm {
    #[error("there is no plan {name:?}; the plans are {known}")]
    Plan {
        name: String,
        /// Comma-separated names of all plans.
        known: String,
    },
    /// The code is not assigned to a country.
    #[error(
        "{code:?} is not an ISO 3166-1 alpha-2 country code; there are prices for {known}, and those of {default} apply to any other country"
    )]
    Country {
        code: String,
        /// Comma-separated codes of the countries with their own prices.
        known: String,
        /// Country whose prices apply everywhere else.
        default: String,
    },
    /// The code is not assigned to a country, and purchases are disabled.
    #[error("{code:?} is not an ISO 3166-1 alpha-2 country code such as JP or US")]
    CountryWithoutPrices { code: String },
}

impl Terms {
    /// Fails if the plan list does not contain the plan.
    pub fn require_plan(&self, name: &str) -> Result<(), UnknownTerm> {
        if self.plans.iter().any(|plan| plan.name == name) {
            return Ok(());
        }
        let known: Vec<_> = self.plans.iter().map(|plan| plan.name.as_str()).collect();
        Err(UnknownTerm::Plan { name: name.to_owned(), known: known.join(", ") })
    }

    /// Fails if the code is not assigned to a country.
    pub fn require_country(&self, code: &str) -> Result<(), UnknownTerm> {
        if is_country(code) {
            return Ok(());
        }
        let code = code.to_owned();
        let Some(prices) = &self.prices else { return Err(UnknownTerm::CountryWithoutPrices { code }) };
        let known: Vec<_> = prices.countries.iter().flat_map(|prices| &prices.codes).map(String::as_str).collect();
        let default = prices.countries[prices.default].codes.first().cloned().unwrap_or_default();
        Err(UnknownTerm::Country { code, known: known.join(", "), default })
    }
}
