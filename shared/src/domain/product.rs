//! Products that can be bought.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    OneTime,
    /// The weekly subscription: one backup per week for a weekly schedule, charged monthly.
    Weekly,
    /// A plan, charged monthly.
    Plan(String),
}

/// Error returned when a text does not name a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a product is one_time, weekly or plan:<name>")]
pub struct InvalidProduct;

impl Product {
    /// Returns whether the product is charged every month.
    pub fn is_monthly(&self) -> bool {
        *self != Self::OneTime
    }

    /// The kind as the API names it: `one_time`, `weekly` or `plan`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OneTime => "one_time",
            Self::Weekly => "weekly",
            Self::Plan(_) => "plan",
        }
    }

    /// The unit of its price: `backup` or `month`.
    pub fn per(&self) -> &'static str {
        if self.is_monthly() { "month" } else { "backup" }
    }

    /// Name of the plan, if the product is one.
    pub fn plan(&self) -> Option<&str> {
        match self {
            Self::Plan(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Product {
    /// Formats the product as `one_time`, `weekly` or `plan:Ultimate`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(name) => write!(f, "plan:{name}"),
            other => f.write_str(other.kind()),
        }
    }
}

impl FromStr for Product {
    type Err = InvalidProduct;

    fn from_str(text: &str) -> Result<Self, InvalidProduct> {
        match (text, text.split_once(':')) {
            ("one_time", _) => Ok(Self::OneTime),
            ("weekly", _) => Ok(Self::Weekly),
            (_, Some(("plan", name))) if !name.is_empty() => Ok(Self::Plan(name.to_owned())),
            _ => Err(InvalidProduct),
        }
    }
}

impl Serialize for Product {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Product {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
