//! Plans: the number of free backups per calendar month, and which plan is above which. `infra/plans.toml` contains the
//! defaults.

use serde::{Deserialize, Deserializer};

/// The default plan list.
const DEFAULTS: &str = include_str!("../../../infra/plans.toml");

/// The plans in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans {
    plans: Vec<Plan>,
    fallback: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub name: String,
    /// Free backups per calendar month.
    pub free: FreeBackups,
}

/// Number of free backups that a plan includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreeBackups {
    /// A fixed number per calendar month.
    PerMonth(u32),
    /// No limit.
    Unlimited,
}

impl<'de> Deserialize<'de> for FreeBackups {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "free is a whole number or \"unlimited\"")]
        enum Written {
            Count(u32),
            Word(Unlimited),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Unlimited {
            Unlimited,
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Count(count) => Self::PerMonth(count),
            Written::Word(Unlimited::Unlimited) => Self::Unlimited,
        })
    }
}

/// Reasons why a plan list is rejected. The text names the entry at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlans {
    /// The document has the wrong structure.
    #[error("the list of plans cannot be read")]
    Unreadable(#[source] toml::de::Error),
    /// A name is empty or used twice.
    #[error("plan {0:?}: every plan needs a unique name")]
    Name(String),
    /// The fallback plan is not in the list.
    #[error("fallback = {0:?}: there is no such plan")]
    Fallback(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlansFile {
    fallback: String,
    plan: Vec<Plan>,
}

impl Default for Plans {
    /// Returns the plans of `infra/plans.toml`.
    fn default() -> Self {
        Self::parse(DEFAULTS).expect("a test reads them")
    }
}

impl Plans {
    /// Parses and validates a document like `infra/plans.toml`.
    pub fn parse(text: &str) -> Result<Self, InvalidPlans> {
        let PlansFile { fallback, plan: plans } = toml::from_str(text).map_err(InvalidPlans::Unreadable)?;
        for (at, plan) in plans.iter().enumerate() {
            if plan.name.trim().is_empty() || plans[..at].iter().any(|other| other.name == plan.name) {
                return Err(InvalidPlans::Name(plan.name.clone()));
            }
        }
        if !plans.iter().any(|plan| plan.name == fallback) {
            return Err(InvalidPlans::Fallback(fallback));
        }
        Ok(Self { plans, fallback })
    }

    /// Returns the free backups of a plan. An unknown plan has none.
    pub fn free(&self, plan: &str) -> FreeBackups {
        self.plans.iter().find(|known| known.name == plan).map_or(FreeBackups::PerMonth(0), |known| known.free)
    }

    /// Returns whether plan `to` is above plan `from`. An unknown plan is below all others.
    pub fn is_upgrade(&self, from: &str, to: &str) -> bool {
        self.rank(to) > self.rank(from)
    }

    /// Iterates over the plans in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.plans.iter()
    }

    /// The plan of an organisation whose purchased plan ends and who had no plan before it.
    pub fn fallback(&self) -> &str {
        &self.fallback
    }

    fn rank(&self, plan: &str) -> Option<usize> {
        self.plans.iter().position(|known| known.name == plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_products_rule() {
        let plans = Plans::default();
        for (name, count) in [("Free", 0), ("Standard", 2), ("Professional", 2), ("Enterprise", 2), ("Ultimate", 4)] {
            assert_eq!(plans.free(name), FreeBackups::PerMonth(count), "{name}");
        }
        assert_eq!(plans.free("Own"), FreeBackups::Unlimited);
        assert_eq!(plans.free("Nobody"), FreeBackups::PerMonth(0));
        assert!(plans.is_upgrade("Free", "Standard") && plans.is_upgrade("Enterprise", "Ultimate"));
        assert!(!plans.is_upgrade("Ultimate", "Standard") && !plans.is_upgrade("Free", "Free"));
        assert!(!plans.is_upgrade("Free", "Nobody"));
    }

    #[test]
    fn a_bad_list_names_its_entry() {
        let parse = |text: &str| Plans::parse(text).expect_err("is refused").to_string();
        let twice = "fallback = 'A'\n[[plan]]\nname = 'A'\nfree = 1\n[[plan]]\nname = 'A'\nfree = 2";
        assert_eq!(parse(twice), "plan \"A\": every plan needs a unique name");
        assert_eq!(parse("fallback = 'B'\n[[plan]]\nname = 'A'\nfree = 1"), "fallback = \"B\": there is no such plan");
        for bad in
            ["fallback = 'A'\n[[plan]]\nname = 'A'\nfree = 'many'", "fallback = 'A'\n[[plan]]\nname = 'A'\nfree = -1", "plan"]
        {
            assert!(matches!(Plans::parse(bad), Err(InvalidPlans::Unreadable(_))), "{bad}");
        }
    }
}
