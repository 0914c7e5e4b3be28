//! What we say, and whether it is the same.

use std::path::Path;

use shakedown::builder::nixpacks::{self, Derived, PlanError, render};
use shakedown::project::Project;

use crate::case::Case;
use crate::oracle::Theirs;

pub(crate) type Ours = Result<Derived, PlanError>;

pub(crate) fn plan(case: &Case, folder: &Path) -> Ours {
    let (deploy, options) = case.options();
    nixpacks::derive(&Project::open(folder).unwrap(), &deploy, &options)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, theirs: &T, ours: &T) -> Result<(), String> {
    if theirs == ours { Ok(()) } else { Err(format!("{what} differs\ntheirs: {theirs:#?}\nours:   {ours:#?}")) }
}

pub(crate) fn compare(theirs: &Theirs, ours: &Ours) -> Result<(), String> {
    match (theirs, ours) {
        (
            Theirs::Plan { providers, .. }
            | Theirs::Error { providers: Some(providers), .. }
            // Another provider's plan is made, and a later one's gives up: we stop at the first that is not ours.
            | Theirs::Panic { providers: Some(providers), .. },
            Err(PlanError::OtherProvider { names, .. }),
        ) => same("providers", providers, names),
        (Theirs::Plan { json, table, order, nix, .. }, Ok(derived)) => {
            let plan = &derived.plan;
            if *json != plan.to_json() {
                return Err(format!("plans differ\ntheirs: {json}\nours:   {}", plan.to_json()));
            }
            let own = render::nixpacks_box(plan).map_err(|error| error.to_string());
            same("box", &table.clone().map(|text| text.trim_start_matches('\n').to_owned()), &own)?;
            let own = plan.phases_in_order().ok();
            same("order", order, &own.map(|order| order.into_iter().map(|(name, _)| name.to_owned()).collect()))?;
            let environments = nixpacks::nix_environments(plan).into_iter();
            let file = |path: String| path.trim_start_matches(".nixpacks/").to_owned();
            same("nix expressions", nix, &environments.map(|own| (file(own.file), own.expression)).collect())
        }
        (
            Theirs::Error { messages, .. },
            Err(PlanError::Input { messages: own, .. } | PlanError::Refused { messages: own, .. }),
        ) => same("error", messages, own),
        (Theirs::Panic { message, place, .. }, Err(PlanError::Panics { message: own, place: at, .. })) => {
            same("panic", message, own)?;
            if place.contains(at) { Ok(()) } else { Err(format!("{place} is not {at}")) }
        }
        _ => Err(format!("outcomes differ\ntheirs: {theirs:#?}\nours:   {ours:#?}")),
    }
}
