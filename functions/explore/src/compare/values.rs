//! Values of changed fields as answers show them.

use hozon_shared::api::ShownValues;
use hozon_shared::archive::csv::kept_columns;
use hozon_shared::domain::crm::Module;
use hozon_shared::snapshots::row_values::RowValues;
use serde::Serialize;
use utoipa::ToSchema;

/// A field whose values differ.
#[derive(Serialize, ToSchema)]
pub struct ComparedField {
    #[schema(example = "Last_Name")]
    api_name: String,
    label: String,
    /// Null for no value, which differs from the empty text. Null for an added record.
    before: Option<String>,
    /// Null for no value. Null for a deleted record.
    after: Option<String>,
    /// Whether only the beginning of a long value is shown.
    is_cut: bool,
}

/// The fields of two versions of a module.
pub struct FieldPairs {
    pairs: Vec<FieldPair>,
}

struct FieldPair {
    api_name: String,
    label: String,
    before: Option<usize>,
    after: Option<usize>,
}

impl FieldPairs {
    /// Pairs the fields by name; fields that only one version has are left out, unless there is only one version.
    pub fn new(before: Option<&Module>, after: Option<&Module>) -> Self {
        let names = |module: Option<&Module>| -> Vec<(String, String)> {
            let field = |module: &Module, at: usize| (module.fields[at].api_name.clone(), module.fields[at].label.clone());
            module.map_or_else(Vec::new, |module| kept_columns(&module.fields).into_iter().map(|at| field(module, at)).collect())
        };
        let (old, new) = (names(before), names(after));
        let all = if new.is_empty() { &old } else { &new };
        let pair = |(api_name, label): &(String, String)| {
            let place = |fields: &[(String, String)]| fields.iter().position(|(name, _)| name == api_name);
            let (api_name, label) = (api_name.clone(), label.clone());
            FieldPair { before: place(&old), after: place(&new), api_name, label }
        };
        let is_alone = before.is_none() || after.is_none();
        let pairs = all.iter().map(pair).filter(|pair| is_alone || (pair.before.is_some() && pair.after.is_some()));
        Self { pairs: pairs.collect() }
    }

    /// Whether two rows have the same values in all fields that both versions have.
    pub fn are_equal(&self, before: &RowValues, after: &RowValues) -> bool {
        self.pairs.iter().all(|pair| pair.values(Some(before), Some(after)).is_none())
    }

    /// Returns the fields that differ; of an added or deleted record those with a value.
    pub fn differing(&self, before: Option<&RowValues>, after: Option<&RowValues>) -> Vec<ComparedField> {
        self.pairs.iter().filter_map(|pair| pair.values(before, after).map(|values| pair.field(values))).collect()
    }
}

type Values<'a> = (Option<&'a str>, Option<&'a str>);

impl FieldPair {
    /// The values of the field; `None` if they are equal.
    fn values<'a>(&self, before: Option<&'a RowValues>, after: Option<&'a RowValues>) -> Option<Values<'a>> {
        let value = |row: Option<&'a RowValues>, at: Option<usize>| row?.get(at?)?.as_deref();
        let values = (value(before, self.before), value(after, self.after));
        (values.0 != values.1).then_some(values)
    }

    fn field(&self, (before, after): Values<'_>) -> ComparedField {
        let ShownValues { before, after, is_cut } = ShownValues::of(before, after);
        ComparedField { api_name: self.api_name.clone(), label: self.label.clone(), before, after, is_cut }
    }
}
