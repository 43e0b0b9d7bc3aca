//! Parses a state machine, and refuses what AWS would refuse or this runner does not know.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use super::definition::{Definition, MapState, ParallelState, State, WaitState};

/// The longest wait of a state (Step Functions developer guide, "Wait workflow state").
pub const MAX_WAIT_SECONDS: u64 = 99_999_999;

/// Parses a state machine after replacing each `${Name}` with the given value.
pub fn load(json: &str, substitutions: &[(&str, &str)]) -> Result<Definition> {
    let mut text = json.to_owned();
    for (name, value) in substitutions {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    if let Some(at) = text.find("${") {
        bail!("no value for {}", text[at..].split_inclusive('}').next().unwrap_or_default());
    }
    let definition: Definition = serde_json::from_str(&text).context("the state machine uses an unsupported feature")?;
    check(&definition)?;
    Ok(definition)
}

fn check(definition: &Definition) -> Result<()> {
    let mut names = BTreeSet::new();
    require_unique_names(definition, &mut names)?;
    check_states(definition)
}

/// Names are unique in the whole state machine, branches and items included (Amazon States Language, "States").
fn require_unique_names<'a>(definition: &'a Definition, names: &mut BTreeSet<&'a str>) -> Result<()> {
    for (name, state) in &definition.states {
        if !names.insert(name) {
            bail!("there are two states {name}");
        }
        match state {
            State::Map(map) => require_unique_names(&map.item_processor, names)?,
            State::Parallel(parallel) => {
                parallel.branches.iter().try_for_each(|branch| require_unique_names(branch, names))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_states(definition: &Definition) -> Result<()> {
    // A transition leads to a state of the same level.
    let known = |name: &str| match definition.states.contains_key(name) {
        true => Ok(()),
        false => bail!("there is no state {name}"),
    };
    let follows = |name: &str, next: &Option<String>, end: bool| match (next, end) {
        (Some(next), false) => known(next),
        (None, true) => Ok(()),
        _ => bail!("state {name} needs either Next or End"),
    };
    known(&definition.start_at)?;
    for (name, state) in &definition.states {
        match state {
            State::Task(task) => {
                follows(name, &task.next, task.end)?;
                task.catch.iter().try_for_each(|catcher| known(&catcher.next))?;
                require(name, &task.resource, "arn:aws:states:::lambda:invoke")?;
            }
            State::Map(map) => {
                known(&map.next)?;
                map.catch.iter().try_for_each(|catcher| known(&catcher.next))?;
                check_map(name, map)?;
            }
            State::Parallel(parallel) => {
                follows(name, &parallel.next, parallel.end)?;
                parallel.catch.iter().try_for_each(|catcher| known(&catcher.next))?;
                check_parallel(name, parallel)?;
            }
            State::Wait(wait) => {
                follows(name, &wait.next, wait.end)?;
                check_wait(name, wait)?;
            }
            State::Choice(choice) => {
                known(&choice.default)?;
                choice.choices.iter().try_for_each(|choice| known(&choice.next))?;
                if choice.choices.iter().any(|choice| choice.string_equals.is_some() == choice.is_present.is_some()) {
                    bail!("state {name}: a choice needs either StringEquals or IsPresent");
                }
            }
            State::Succeed(_) | State::Fail(_) => {}
        }
    }
    Ok(())
}

fn check_map(name: &str, map: &MapState) -> Result<()> {
    require(name, &map.item_reader.resource, "arn:aws:states:::s3:getObject")?;
    if map.result_path != Some(None) {
        bail!("state {name}: a map supports only a ResultPath of null");
    }
    check_states(&map.item_processor)
}

fn check_parallel(name: &str, parallel: &ParallelState) -> Result<()> {
    if parallel.branches.is_empty() {
        bail!("state {name} needs branches");
    }
    for branch in &parallel.branches {
        if branch.timeout_seconds.is_some() || branch.processor_config.is_some() {
            bail!("state {name}: a branch has only StartAt and States");
        }
        check_states(branch)?;
    }
    Ok(())
}

fn check_wait(name: &str, wait: &WaitState) -> Result<()> {
    match (wait.seconds, &wait.seconds_path) {
        (Some(seconds), None) if seconds <= MAX_WAIT_SECONDS => Ok(()),
        (Some(_), None) => bail!("state {name} waits for more than {MAX_WAIT_SECONDS} seconds"),
        (None, Some(_)) => Ok(()),
        _ => bail!("state {name} needs either Seconds or SecondsPath"),
    }
}

fn require(state: &str, found: &str, known: &str) -> Result<()> {
    if found == known { Ok(()) } else { bail!("state {state}: the resource {found} is not supported, only {known}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYED: &str = include_str!("../../../../../archive.asl.json");
    const VALUES: [(&str, &str); 7] = [
        ("ArchiveFunctionArn", "archive"),
        ("CaptureDatabaseFunctionArn", "capture-database"),
        ("CaptureWebFunctionArn", "capture-web"),
        ("WriteBackFunctionArn", "write-back"),
        ("EraseFunctionArn", "erase"),
        ("ArchivesBucket", "archives"),
        ("RunSeconds", "604800"),
    ];

    #[test]
    fn the_deployed_file_is_understood_whole() {
        load(DEPLOYED, &VALUES).expect("loads");
    }

    /// Loads a machine with the given states, of which `A` is the first.
    fn of(states: &str) -> Result<Definition> {
        load(&format!(r#"{{ "StartAt": "A", "States": {{ {states}, "B": {{ "Type": "Succeed" }} }} }}"#), &[])
    }

    #[test]
    fn a_wait_needs_one_number_of_seconds() {
        of(r#""A": { "Type": "Wait", "Seconds": 60, "Next": "B" }"#).expect("loads");
        of(r#""A": { "Type": "Wait", "SecondsPath": "$.wait", "End": true }"#).expect("loads");
        for bad in [
            r#""Next": "B""#,
            r#""Seconds": 1, "SecondsPath": "$.wait", "Next": "B""#,
            r#""Seconds": -1, "Next": "B""#,
            r#""Seconds": 100000000, "Next": "B""#,
            r#""Seconds": 1"#,
            r#""Seconds": 1, "Next": "C""#,
            r#""Timestamp": "2026-11-30T04:00:00Z", "Next": "B""#,
        ] {
            assert!(of(&format!(r#""A": {{ "Type": "Wait", {bad} }}"#)).is_err(), "{bad}");
        }
    }

    #[test]
    fn branches_are_state_machines_of_their_own_with_names_of_their_own() {
        let parallel = |branches: &str| of(&format!(r#""A": {{ "Type": "Parallel", "Next": "B", "Branches": [{branches}] }}"#));
        parallel(r#"{ "StartAt": "C", "States": { "C": { "Type": "Succeed" } } }"#).expect("loads");
        for bad in [
            "",
            r#"{ "StartAt": "C", "States": {} }"#,
            r#"{ "StartAt": "B", "States": { "B": { "Type": "Succeed" } } }"#,
            r#"{ "StartAt": "C", "States": { "C": { "Type": "Wait", "Seconds": 1, "Next": "B" } } }"#,
            r#"{ "StartAt": "C", "TimeoutSeconds": 5, "States": { "C": { "Type": "Succeed" } } }"#,
        ] {
            assert!(parallel(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(load(&DEPLOYED.replace("\"ResultPath\": null", "\"HeartbeatSeconds\": 5"), &VALUES).is_err());
        assert!(load(&DEPLOYED.replace("\"Next\": \"Finish\"", "\"Next\": \"Finsh\""), &VALUES).is_err());
        assert!(load(&DEPLOYED.replace("\"Succeed\"", "\"Wait\""), &VALUES).is_err());
        assert!(load(DEPLOYED, &VALUES[..3]).is_err());
    }
}
