//! The price list: products, prices and taxes by the buyer's country. `infra/prices.toml` contains an example.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::money::{Currency, InvalidAmount, Money};
use super::plan::{FreeBackups, Plans};
use super::product::Product;

mod known;

pub use known::UnknownTerm;

/// A tax on sales in a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// Name as known to buyers.
    pub name: String,
    /// Rate in thousandths of a percent: 10% is 10,000.
    pub rate: u32,
    /// Whether listed prices include the tax.
    pub included: bool,
}

/// One hundred percent in the unit of [`Tax::rate`].
const WHOLE: u64 = 100_000;

impl Tax {
    /// Returns the tax included in a listed price, or to be added to it, rounded to the nearest minor unit, halves up.
    pub fn on(&self, listed: Money) -> Money {
        let rate = u64::from(self.rate);
        if self.included { listed.share(rate, WHOLE + rate) } else { listed.share(rate, WHOLE) }
    }

    /// Formats the rate in percent without trailing zeros: `10`, `8.1`.
    pub fn percent(&self) -> String {
        let text = format!("{}.{:03}", self.rate / 1000, self.rate % 1000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// The prices of a group of countries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryPrices {
    /// ISO 3166-1 alpha-2 codes of the countries.
    pub codes: Vec<String>,
    /// Currency of all prices.
    pub currency: Currency,
    pub tax: Tax,
    prices: BTreeMap<Product, Money>,
}

impl CountryPrices {
    /// Returns the listed price of one unit; `None` if the product is not sold.
    pub fn price(&self, product: &Product) -> Option<Money> {
        self.prices.get(product).copied()
    }

    /// Iterates over the products in the order one-time, weekly, plans by name.
    pub fn products(&self) -> impl Iterator<Item = (&Product, Money)> {
        self.prices.iter().map(|(product, price)| (product, *price))
    }
}

/// Prices of all countries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    countries: Vec<CountryPrices>,
    default: usize,
}

impl PriceList {
    /// Returns the prices of a country, or the default prices if the country is unknown or has none of its own.
    pub fn of(&self, country: Option<&str>) -> &CountryPrices {
        let own = country.and_then(|code| self.countries.iter().find(|prices| prices.codes.iter().any(|known| known == code)));
        own.unwrap_or(&self.countries[self.default])
    }
}

/// Everything on sale: the plans, and their prices if purchases are enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub plans: Plans,
    /// `None` if purchases are disabled.
    pub prices: Option<PriceList>,
}

/// Reasons why a price list is rejected. The text names the entry at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrices {
    /// The document has the wrong structure.
    #[error("the price list cannot be read")]
    Unreadable(#[source] toml::de::Error),
    /// `purchases` is neither `on` nor `off`.
    #[error("purchases = {0:?}: write \"on\" or \"off\"")]
    Purchases(String),
    /// A country code is malformed or used twice.
    #[error("country {0:?}: a code has two capital letters and appears in only one entry")]
    Country(String),
    /// The default country has no entry.
    #[error("default = {0:?}: no entry has this country")]
    Default(String),
    /// The currency is unknown.
    #[error("country {country:?}: {currency:?} is not an ISO 4217 currency")]
    Currency {
        /// First country code of the entry.
        country: String,
        currency: String,
    },
    /// A price cannot be parsed.
    #[error("country {country:?}: the price of {product}")]
    Amount {
        /// First country code of the entry.
        country: String,
        product: Product,
        #[source]
        source: InvalidAmount,
    },
    /// A price is zero.
    #[error("country {country:?}: {product} costs nothing; leave out products that are not sold")]
    Zero {
        /// First country code of the entry.
        country: String,
        product: Product,
    },
    /// A price names a plan that is not in the plan list.
    #[error("country {country:?}: there is no plan {plan:?}")]
    Plan {
        /// First country code of the entry.
        country: String,
        plan: String,
    },
    /// A tax rate cannot be parsed.
    #[error("country {country:?}: tax.percent = {percent:?} is not a number from 0 to 100 with at most three decimals")]
    Rate {
        /// First country code of the entry.
        country: String,
        percent: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PricesFile {
    purchases: String,
    default: String,
    country: Vec<PriceListEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceListEntry {
    codes: Vec<String>,
    currency: String,
    tax: WrittenTax,
    one_time: Option<String>,
    weekly: Option<String>,
    #[serde(default)]
    plans: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTax {
    name: String,
    percent: String,
    included: bool,
}

impl Terms {
    /// Creates terms without prices: nothing can be bought.
    pub fn without_purchases(plans: Plans) -> Self {
        Self { plans, prices: None }
    }

    /// Parses a document like `infra/prices.toml` and validates it against the plans.
    pub fn parse(plans: Plans, prices: &str) -> Result<Self, InvalidPrices> {
        let document: PricesFile = toml::from_str(prices).map_err(InvalidPrices::Unreadable)?;
        let countries = document.country.into_iter().map(|entry| read(entry, &plans)).collect::<Result<Vec<_>, _>>()?;
        let codes: Vec<&String> = countries.iter().flat_map(|prices| &prices.codes).collect();
        for (at, code) in codes.iter().enumerate() {
            let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            if !is_code || codes[..at].contains(code) {
                return Err(InvalidPrices::Country((*code).clone()));
            }
        }
        let default = countries.iter().position(|prices| prices.codes.contains(&document.default));
        let default = default.ok_or(InvalidPrices::Default(document.default))?;
        match document.purchases.as_str() {
            "on" => Ok(Self { plans, prices: Some(PriceList { countries, default }) }),
            "off" => Ok(Self::without_purchases(plans)),
            _ => Err(InvalidPrices::Purchases(document.purchases)),
        }
    }
}

fn read(entry: PriceListEntry, plans: &Plans) -> Result<CountryPrices, InvalidPrices> {
    let country = entry.codes.first().cloned().unwrap_or_default();
    let unknown = |_| InvalidPrices::Currency { country: country.clone(), currency: entry.currency.clone() };
    let currency: Currency = entry.currency.parse().map_err(unknown)?;
    let rate = rate(&entry.tax.percent);
    let rate = rate.ok_or_else(|| InvalidPrices::Rate { country: country.clone(), percent: entry.tax.percent.clone() })?;
    let plan_prices = entry.plans.into_iter().map(|(name, price)| (Product::Plan(name), price));
    let written = [(Product::OneTime, entry.one_time), (Product::Weekly, entry.weekly)];
    let written = written.into_iter().filter_map(|(product, price)| Some((product, price?))).chain(plan_prices);
    let mut prices = BTreeMap::new();
    for (product, text) in written {
        let amount = |source| InvalidPrices::Amount { country: country.clone(), product: product.clone(), source };
        let price = Money::parse(&text, currency).map_err(amount)?;
        if price.minor == 0 {
            return Err(InvalidPrices::Zero { country, product });
        }
        if let Some(plan) = product.plan().filter(|name| !plans.iter().any(|plan| plan.name == *name)) {
            return Err(InvalidPrices::Plan { country, plan: plan.to_owned() });
        }
        prices.insert(product, price);
    }
    let tax = Tax { name: entry.tax.name, rate, included: entry.tax.included };
    Ok(CountryPrices { codes: entry.codes, currency, tax, prices })
}

/// Parses a percentage into thousandths of a percent.
fn rate(percent: &str) -> Option<u32> {
    let (whole, rest) = percent.split_once('.').unwrap_or((percent, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_written = is_number(whole) && is_number(rest) && whole.len() <= 3 && rest.len() <= 3;
    let rate = is_written.then(|| format!("{whole}{rest:0<3}").parse().ok()).flatten()?;
    (u64::from(rate) <= WHOLE).then_some(rate)
}

impl Terms {
    /// Lists what an organisation could buy when its allowance is used up: one-time backups, the weekly subscription if
    /// `wants_weekly`, and the plans above its own that include more backups, in ascending order.
    pub fn offers(&self, plan: &str, country: Option<&str>, wants_weekly: bool) -> Vec<(Product, Money)> {
        let Some(prices) = &self.prices else { return Vec::new() };
        let own = self.plans.free(plan);
        let is_offered = |product: &Product| match product {
            Product::OneTime => true,
            Product::Weekly => wants_weekly,
            Product::Plan(name) => self.plans.is_upgrade(plan, name) && gives_more(self.plans.free(name), own),
        };
        let offered = prices.of(country).products().filter(|(product, _)| is_offered(product));
        let mut offers: Vec<_> = offered.map(|(product, price)| (product.clone(), price)).collect();
        offers.sort_by_key(|(product, _)| product.plan().map(|plan| self.plans.iter().position(|known| known.name == plan)));
        offers
    }
}

fn gives_more(free: FreeBackups, than: FreeBackups) -> bool {
    match (free, than) {
        (FreeBackups::Unlimited, FreeBackups::PerMonth(_)) => true,
        (FreeBackups::PerMonth(a), FreeBackups::PerMonth(b)) => a > b,
        (_, FreeBackups::Unlimited) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: &str = include_str!("../../../infra/prices.toml");

    fn refused(from: &str, to: &str) -> String {
        assert!(PRICES.contains(from), "{from}");
        Terms::parse(Plans::default(), &PRICES.replace(from, to)).expect_err("is refused").to_string()
    }

    #[test]
    fn prices_follow_the_buyers_country() {
        let terms = Terms::parse(Plans::default(), PRICES).expect("the examples are valid");
        let prices = terms.prices.expect("on");
        let one = |country| prices.of(country).price(&Product::OneTime).expect("sold").to_string();
        assert_eq!(
            [Some("JP"), Some("DE"), Some("KW"), Some("BR"), None].map(one),
            ["JPY 1500", "EUR 9.50", "KWD 3.100", "USD 10.00", "USD 10.00"]
        );
    }

    #[test]
    fn a_bad_list_names_its_entry() {
        assert_eq!(refused("\"1500\"", "\"15.5\""), "country \"JP\": the price of one_time");
        assert_eq!(refused("\"3600\"", "\"0\""), "country \"JP\": weekly costs nothing; leave out products that are not sold");
        assert_eq!(refused("\"JPY\"", "\"YEN\""), "country \"JP\": \"YEN\" is not an ISO 4217 currency");
        assert_eq!(refused("{ Standard", "{ Gold"), "country \"JP\": there is no plan \"Gold\"");
        assert_eq!(
            refused("[\"US\"]", "[\"JP\"]"),
            "country \"JP\": a code has two capital letters and appears in only one entry"
        );
        assert_eq!(refused("default = \"US\"", "default = \"BR\""), "default = \"BR\": no entry has this country");
        assert_eq!(refused("\"on\"", "\"maybe\""), "purchases = \"maybe\": write \"on\" or \"off\"");
        assert!(refused("\"10\"", "\"10.0001\"").starts_with("country \"JP\": tax.percent"));
        assert!(refused("\"10\"", "\"101\"").starts_with("country \"JP\": tax.percent"));
    }

    #[test]
    fn purchases_can_be_off() {
        let terms = Terms::parse(Plans::default(), &PRICES.replace("\"on\"", "\"off\"")).expect("valid");
        assert_eq!(terms, Terms::without_purchases(Plans::default()));
        assert!(terms.offers("Free", None, true).is_empty());
    }

    #[test]
    fn tax_is_in_the_price_or_on_top_of_it() {
        let tax = |percent: &str, included| Tax { name: "Tax".to_owned(), rate: rate(percent).expect("a rate"), included };
        let yen = |minor| Money::of(minor, "JPY".parse().expect("a currency"));
        assert_eq!(tax("10", true).on(yen(1500)), yen(136));
        assert_eq!(tax("10", false).on(yen(1500)), yen(150));
        assert_eq!(tax("8.125", false).on(yen(1000)), yen(81));
        assert_eq!(tax("0", true).on(yen(1000)), yen(0));
        assert_eq!(
            [tax("10", true), tax("8.1", true), tax("0", true), tax("20.05", true)].map(|tax| tax.percent()),
            ["10", "8.1", "0", "20.05"]
        );
    }

    #[test]
    fn an_unknown_plan_or_country_is_refused_with_the_known_ones() {
        let terms = Terms::parse(Plans::default(), PRICES).expect("valid");
        for good in ["JP", "BR"] {
            assert_eq!(terms.require_country(good), Ok(()));
        }
        let refused = terms.require_country("ZZ").expect_err("is none").to_string();
        assert!(
            refused.starts_with("\"ZZ\" is not an ISO 3166-1 alpha-2 country code; there are prices for JP, US, GB"),
            "{refused}"
        );
        assert!(refused.ends_with("and those of US apply to any other country"), "{refused}");
        assert_eq!(terms.require_plan("Own"), Ok(()));
        let refused = terms.require_plan("Gold").expect_err("is none").to_string();
        assert_eq!(refused, "there is no plan \"Gold\"; the plans are Free, Standard, Professional, Enterprise, Ultimate, Own");
    }

    #[test]
    fn only_products_that_would_help_are_offered() {
        let terms = Terms::parse(Plans::default(), PRICES).expect("valid");
        let offered = |plan, weekly| -> Vec<String> {
            terms.offers(plan, Some("JP"), weekly).iter().map(|(product, _)| product.to_string()).collect()
        };
        assert_eq!(offered("Standard", false), ["one_time", "plan:Ultimate"]);
        assert_eq!(offered("Ultimate", true), ["one_time", "weekly"]);
        assert_eq!(
            offered("Free", false),
            ["one_time", "plan:Standard", "plan:Professional", "plan:Enterprise", "plan:Ultimate"]
        );
    }
}
