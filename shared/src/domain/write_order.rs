//! The order in which modules are written, so that what a record refers to is there before it.

use super::crm::{DataCategory, Module};
use super::structure::{Checked, Constraint, Rule, Structure, TableName};

/// The order in which modules are written, and what cannot be written in the first pass. Deletes run in the reverse order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteOrder {
    /// Positions of the modules. Those that others refer to come first.
    pub order: Vec<usize>,
    /// For each module, the fields that are NULL when its records are created, and get their values in a second pass. They belong to
    /// foreign keys that lead back to the module itself or to one that comes later.
    pub postponed: Vec<Vec<String>>,
    /// Foreign keys that neither order nor postponing serves.
    pub open: Vec<OpenReference>,
}

/// A foreign key to a module that is written later, with no field that may be NULL meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReference {
    /// Position of the module that has the foreign key.
    pub module: usize,
    /// Name of the foreign key.
    pub rule: String,
    /// Whether it can be checked at the end of a transaction, which then must write both modules.
    pub is_deferrable: bool,
}

/// Fields of a module that lead to records of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldReference {
    /// API name of the module that has the fields.
    pub module: String,
    /// API name of the module to which they lead.
    pub to: String,
    /// API names of the fields.
    pub fields: Vec<String>,
    /// Whether they may be empty until the second pass.
    pub may_be_empty: bool,
}

/// Orders modules by their foreign keys. Modules that need no other place keep their order. Foreign keys to other tables than those of
/// the modules, and those with a field that backups leave out, ask for nothing.
pub fn write_order(modules: &[Module]) -> WriteOrder {
    write_order_with(modules, &[])
}

/// Orders modules by their foreign keys, and by fields that refer to records without one.
pub fn write_order_with(modules: &[Module], known: &[FieldReference]) -> WriteOrder {
    let all = |module: &Module| {
        let further = known.iter().filter(|reference| reference.module == module.api_name);
        let further = further.filter_map(|reference| further_reference(module, reference, modules));
        references(module, modules).into_iter().chain(further).collect()
    };
    let references: Vec<Vec<ModuleReference>> = modules.iter().map(all).collect();
    let postponed = own_references(&references);
    let mut ordering = ModuleOrder { references: &references, is_done: vec![false; modules.len()], found: WriteOrder::default() };
    ordering.found.postponed = postponed;
    while let Some(next) = ordering.next() {
        ordering.take(next);
    }
    for fields in &mut ordering.found.postponed {
        fields.sort_unstable();
        fields.dedup();
    }
    ordering.found
}

/// A foreign key between two of the modules.
struct ModuleReference {
    /// Position of the module to which it leads.
    to: usize,
    rule: String,
    is_deferrable: bool,
    /// Fields that may be NULL until the second pass; empty if it must hold at once.
    postponable: Vec<String>,
}

fn references(module: &Module, modules: &[Module]) -> Vec<ModuleReference> {
    let Some(structure) = &module.structure else { return Vec::new() };
    structure.constraints.iter().filter_map(|constraint| reference(module, structure, constraint, modules)).collect()
}

fn further_reference(module: &Module, reference: &FieldReference, modules: &[Module]) -> Option<ModuleReference> {
    let to = modules.iter().position(|module| module.api_name == reference.to)?;
    if !reference.fields.iter().all(|field| is_contained(module, field)) {
        return None;
    }
    let postponable = if reference.may_be_empty { reference.fields.clone() } else { Vec::new() };
    Some(ModuleReference { to, rule: reference.fields.join(", "), is_deferrable: false, postponable })
}

fn reference(module: &Module, structure: &Structure, constraint: &Constraint, modules: &[Module]) -> Option<ModuleReference> {
    let Rule::ForeignKey { columns, references, checked, .. } = &constraint.rule else { return None };
    let to = modules.iter().position(|module| module.structure.as_ref().is_some_and(|other| is_of(other, references)))?;
    if !columns.iter().all(|column| is_contained(module, column)) {
        return None;
    }
    let may_be_null = |name: &String| {
        structure.columns.iter().any(|column| column.name == *name && column.nullable && column.generated.is_none())
    };
    let nullable: Vec<String> = columns.iter().filter(|name| may_be_null(name)).cloned().collect();
    // `MATCH FULL` wants all of its columns NULL or none.
    let is_full = constraint.definition.as_ref().is_some_and(|text| text.contains("MATCH FULL"));
    let postponable = if is_full && nullable.len() < columns.len() { Vec::new() } else { nullable };
    Some(ModuleReference { to, rule: constraint.name.clone(), is_deferrable: *checked != Checked::Immediately, postponable })
}

fn is_contained(module: &Module, column: &str) -> bool {
    module.fields.iter().any(|field| field.api_name == column && field.contents == DataCategory::Crm)
}

/// Whether a name leads to the table, or to one of its partitions.
fn is_of(structure: &Structure, name: &TableName) -> bool {
    // A database that is not divided into schemas names tables without them.
    let is_same = |table: &TableName| {
        table.name == name.name && (table.schema.is_none() || name.schema.is_none() || table.schema == name.schema)
    };
    is_same(&structure.table) || structure.partitions.iter().any(|part| is_same(&part.table))
}

/// Fields that refer to records of the same module. Those that must not be NULL are left to the order of records.
fn own_references(references: &[Vec<ModuleReference>]) -> Vec<Vec<String>> {
    let own = |(at, known): (usize, &Vec<ModuleReference>)| {
        known.iter().filter(|reference| reference.to == at).flat_map(|own| own.postponable.clone()).collect()
    };
    references.iter().enumerate().map(own).collect()
}

/// Modules that are being ordered.
struct ModuleOrder<'a> {
    references: &'a [Vec<ModuleReference>],
    is_done: Vec<bool>,
    found: WriteOrder,
}

impl<'a> ModuleOrder<'a> {
    /// Foreign keys of a module whose records are not there yet.
    fn unmet(&self, module: usize) -> impl Iterator<Item = &'a ModuleReference> + use<'_, 'a> {
        self.references[module].iter().filter(move |reference| reference.to != module && !self.is_done[reference.to])
    }

    /// Chooses the next module: the first that waits for no other, or else one of a circle.
    fn next(&self) -> Option<usize> {
        let waiting: Vec<usize> = (0..self.is_done.len()).filter(|module| !self.is_done[*module]).collect();
        let free = waiting.iter().copied().find(|module| self.unmet(*module).next().is_none());
        free.or_else(|| self.of_circle(&waiting))
    }

    /// Chooses the module of a circle that needs the least: all its unmet foreign keys can be postponed, and their fields are few. If
    /// there is none, a circle of foreign keys that cannot be postponed begins somewhere.
    fn of_circle(&self, waiting: &[usize]) -> Option<usize> {
        let circle = self.first_circle(waiting, |_| true)?;
        let is_postponable = |module: &usize| self.unmet(*module).all(|reference| !reference.postponable.is_empty());
        let cost = |module: &usize| self.unmet(*module).map(|reference| reference.postponable.len()).sum::<usize>();
        let cheapest = circle.iter().copied().filter(is_postponable).min_by_key(cost);
        cheapest.or_else(|| self.first_circle(&circle, |reference| reference.postponable.is_empty())?.first().copied())
    }

    /// The modules of a circle that waits for nothing outside of itself, by the foreign keys that count.
    fn first_circle(&self, waiting: &[usize], counts: impl Fn(&ModuleReference) -> bool + Copy) -> Option<Vec<usize>> {
        let reached: Vec<Vec<bool>> = waiting.iter().map(|module| self.reached(*module, counts)).collect();
        let fewest = reached.iter().enumerate().min_by_key(|(_, reached)| reached.iter().filter(|is| **is).count());
        let (_, members) = fewest?;
        Some(waiting.iter().copied().filter(|module| members[*module]).collect())
    }

    /// Which modules must come before this one, by way of others too.
    fn reached(&self, from: usize, counts: impl Fn(&ModuleReference) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.is_done.len()];
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            for reference in self.unmet(module).filter(|reference| counts(reference)) {
                if !std::mem::replace(&mut reached[reference.to], true) {
                    open.push(reference.to);
                }
            }
        }
        reached
    }

    /// Puts a module next. What it still waits for is postponed, or stays open.
    fn take(&mut self, module: usize) {
        let unmet: Vec<&ModuleReference> = self.unmet(module).collect();
        for reference in unmet {
            if reference.postponable.is_empty() {
                let (rule, is_deferrable) = (reference.rule.clone(), reference.is_deferrable);
                self.found.open.push(OpenReference { module, rule, is_deferrable });
            } else {
                self.found.postponed[module].extend(reference.postponable.iter().cloned());
            }
        }
        self.is_done[module] = true;
        self.found.order.push(module);
    }
}

#[cfg(test)]
#[path = "write_order_tests.rs"]
mod tests;
