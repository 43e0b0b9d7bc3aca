//! The retention rule in requests and answers.

use hozon_shared::api::ApiError;
use hozon_shared::domain::retention::RetentionRule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which captured data is kept: that of the last days; or that of the newest backup of each of the last days, weeks and months.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum RetentionRuleBody {
    Days {
        /// 1 to 36,500.
        #[schema(minimum = 1, maximum = 36500)]
        days: u32,
    },
    Generations {
        /// Number of days, today included; at most 3,650.
        #[schema(maximum = 3650)]
        daily: u32,
        /// Number of ISO weeks, at most 520.
        #[schema(maximum = 520)]
        weekly: u32,
        /// Number of months, at most 120.
        #[schema(maximum = 120)]
        monthly: u32,
    },
}

impl RetentionRuleBody {
    pub fn of(rule: RetentionRule) -> Self {
        match rule {
            RetentionRule::Days { days } => Self::Days { days },
            RetentionRule::Generations { daily, weekly, monthly } => Self::Generations { daily, weekly, monthly },
        }
    }

    /// Returns the rule, if its numbers are in range and something is kept.
    pub fn rule(self) -> Result<RetentionRule, ApiError> {
        let rule = match self {
            Self::Days { days } => RetentionRule::Days { days },
            Self::Generations { daily, weekly, monthly } => RetentionRule::Generations { daily, weekly, monthly },
        };
        let message = "Set days to 1 to 36500; or daily (at most 3650), weekly (520) and monthly (120), of which one is not 0.";
        let invalid = || ApiError::invalid_data("retention", "$.settings.retention", message);
        rule.is_valid().then_some(rule).ok_or_else(invalid)
    }
}
