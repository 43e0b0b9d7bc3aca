//! Plans and countries that an organisation can have.

use super::Terms;
use crate::domain::country::is_country;

/// A plan or country that cannot be an organisation's; the text names those that can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No plan has this name.
    #[error("there is no plan {name:?}; there are {known}")]
    Plan {
        /// What was given.
        name: String,
        /// The plans.
        known: String,
    },
    /// No country has this code.
    #[error(
        "{code:?} is no country of ISO 3166-1 alpha-2; there are prices of {known}, and {default}'s hold in any other country"
    )]
    Country {
        /// What was given.
        code: String,
        /// The countries with prices of their own.
        known: String,
        /// The country whose prices hold in all others.
        default: String,
    },
    /// No country has this code, and nothing is sold.
    #[error("{code:?} is no country of ISO 3166-1 alpha-2, such as JP or US")]
    CountryWithoutPrices {
        /// What was given.
        code: String,
    },
}

impl Terms {
    /// Refuses a plan that is not in the list.
    pub fn require_plan(&self, name: &str) -> Result<(), Unknown> {
        if self.plans.iter().any(|plan| plan.name == name) {
            return Ok(());
        }
        let known: Vec<_> = self.plans.iter().map(|plan| plan.name.as_str()).collect();
        Err(Unknown::Plan { name: name.to_owned(), known: known.join(", ") })
    }

    /// Refuses a code that is no country's.
    pub fn require_country(&self, code: &str) -> Result<(), Unknown> {
        if is_country(code) {
            return Ok(());
        }
        let code = code.to_owned();
        let Some(prices) = &self.prices else { return Err(Unknown::CountryWithoutPrices { code }) };
        let known: Vec<_> = prices.countries.iter().flat_map(|prices| &prices.codes).map(String::as_str).collect();
        let default = prices.countries[prices.default].codes.first().cloned().unwrap_or_default();
        Err(Unknown::Country { code, known: known.join(", "), default })
    }
}
