//! Zips in the layout of Zoho CRM's own backups: names and headers of CSV files, and the files about modules and
//! fields.

use std::collections::HashMap;

use bytes::Bytes;
use hozon_shared::archive::csv::{CsvWriter, header_row, kept_columns};
use hozon_shared::archive::zoho_layout::{
    DATA, FIELD_COLUMNS, KEPT_MODULE, METADATA, MODULE_COLUMNS, column_label, csv_name, stems, without_mark,
};
use hozon_shared::domain::archive_options::CsvOptions;
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::snapshots::reader::{files as files_of_run, stored_module};

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::work::RunPlan;

/// Names of the files of modules.
pub struct ZohoNames(HashMap<String, String>);

impl ZohoNames {
    pub fn of(modules: &[Module]) -> Self {
        let modules: Vec<&Module> = backed_up(modules).collect();
        let names = modules.iter().map(|module| module.api_name.clone());
        Self(names.zip(stems(&modules)).collect())
    }

    /// Returns the path of a CSV file, by its number from 1.
    pub fn csv_path(&self, module: &str, number: usize) -> String {
        format!("{DATA}/{}", csv_name(self.stem(module), number))
    }

    fn stem<'a>(&'a self, module: &'a str) -> &'a str {
        self.0.get(module).map_or(module, String::as_str)
    }
}

/// Returns the header of a module's file.
pub fn header(module: &Module) -> Vec<u8> {
    let columns = kept_columns(&module.fields).into_iter().map(|at| &module.fields[at]);
    let labels: Vec<&str> = columns.map(|field| column_label(module, field)).collect();
    header_row(&labels, CsvOptions::BARE)
}

/// Returns whether a module has CSV files: it is not the one that only keeps files of an imported backup.
pub fn has_rows_of_its_own(module: &Module) -> bool {
    module.api_name != KEPT_MODULE || module.rows > 0
}

fn backed_up(modules: &[Module]) -> impl Iterator<Item = &Module> {
    modules.iter().filter(|module| module.contents == DataCategory::Crm && has_rows_of_its_own(module))
}

/// Returns the files about modules and fields. None are made if those of an imported backup are kept: they are written
/// instead.
pub async fn documents(run: &Run<'_>, plan: &RunPlan) -> Result<Vec<(String, Bytes)>, TaskErrorKind> {
    if keeps_metadata(run, plan).await? {
        return Ok(Vec::new());
    }
    let names = ZohoNames::of(&plan.modules);
    let (mut modules, mut fields) = (table(&MODULE_COLUMNS), table(&FIELD_COLUMNS));
    for module in backed_up(&plan.modules) {
        let name = without_mark(names.stem(&module.api_name));
        modules.row([module.api_name.as_str(), name, module.label.as_str()].into_iter().map(Some));
        for at in kept_columns(&module.fields) {
            let field = &module.fields[at];
            let label = column_label(module, field);
            let original = if label == field.label { "" } else { &field.label };
            let row = [module.api_name.as_str(), label, &field.api_name, &field.data_type, original];
            fields.row(row.into_iter().map(Some));
        }
    }
    let document = |name: &str, csv: CsvWriter| (format!("{METADATA}/{name}_001.csv"), Bytes::copy_from_slice(csv.written()));
    Ok(vec![document("Modules", modules), document("Fields", fields)])
}

fn table(columns: &[&str]) -> CsvWriter {
    let mut csv = CsvWriter::new(CsvOptions::BARE, Vec::new());
    csv.begin(columns);
    csv
}

async fn keeps_metadata(run: &Run<'_>, plan: &RunPlan) -> Result<bool, TaskErrorKind> {
    let Some(module) = plan.modules.iter().find(|module| module.api_name == KEPT_MODULE) else { return Ok(false) };
    for file_run in stored_module(&*run.ports.objects, run.org, module).await?.files {
        let files = files_of_run(&*run.ports.objects, run.org, &file_run).await?;
        if files.iter().any(|file| file.attachment.record_id == METADATA) {
            return Ok(true);
        }
    }
    Ok(false)
}
