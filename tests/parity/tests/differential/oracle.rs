//! What the published crate says.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use nixpacks::nixpacks::nix::create_nix_expressions_for_phases;
use nixpacks::nixpacks::nix::pkg::Pkg;
use nixpacks::nixpacks::plan::BuildPlan;
use nixpacks::nixpacks::plan::generator::GeneratePlanOptions;
use nixpacks::nixpacks::plan::phase::{Phase, StartPhase};

use crate::case::Case;

#[derive(Debug)]
pub(crate) enum Theirs {
    Plan {
        json: String,
        table: Result<String, String>,
        order: Option<Vec<String>>,
        nix: Vec<(String, String)>,
        providers: Vec<String>,
    },
    Error {
        messages: Vec<String>,
        providers: Option<Vec<String>>,
    },
    Panic {
        message: String,
        place: String,
        providers: Option<Vec<String>>,
    },
}

thread_local! {
    static LAST_PANIC: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

/// Keeps the message and place of a panic instead of printing them, on this thread's behalf only.
pub(crate) fn quieten_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        if place.contains("nixpacks-1.41.0") {
            let message = info.payload_as_str().unwrap_or_default().to_owned();
            LAST_PANIC.set((message, place));
        } else {
            usual(info);
        }
    }));
}

/// As the command line program puts its flags into a plan.
fn flags(case: &Case) -> BuildPlan {
    let mut plan = BuildPlan::default();
    let [pkgs, libs, apt] = case.packages.clone();
    let with_rest = |items: Vec<String>| Some(items.into_iter().chain(["...".to_owned()]).collect::<Vec<_>>());
    if !(pkgs.is_empty() && libs.is_empty() && apt.is_empty()) {
        let mut setup = Phase::setup(with_rest(pkgs).map(|pkgs| pkgs.iter().map(|name| Pkg::new(name)).collect()));
        setup.apt_pkgs = with_rest(apt);
        setup.nix_libs = with_rest(libs);
        plan.add_phase(setup);
    }
    let [install, build, start] = case.commands.clone();
    if let Some(cmd) = install {
        plan.add_phase(Phase::install(Some(cmd)));
    }
    if let Some(cmd) = build {
        plan.add_phase(Phase::build(Some(cmd)));
    }
    if let Some(cmd) = start {
        plan.set_start_phase(StartPhase::new(cmd));
    }
    match &case.json_plan {
        Some(json) => BuildPlan::merge_plans(&[BuildPlan::from_json(json.as_str()).unwrap(), plan]),
        None => plan,
    }
}

pub(crate) fn plan(case: &Case, folder: &Path) -> Theirs {
    let options = GeneratePlanOptions { plan: Some(flags(case)), config_file: case.config.map(str::to_owned) };
    let env: Vec<&str> = case.env.iter().map(String::as_str).collect();
    let providers = || chosen(folder, &env, &options);
    let made = catch_unwind(AssertUnwindSafe(|| {
        nixpacks::generate_build_plan(folder.to_str().unwrap(), env.clone(), &options)
    }));
    match made {
        Ok(Ok(plan)) => {
            let table = plan.get_build_string().map_err(|error| error.to_string());
            let table = table.map(|text| console::strip_ansi_codes(&text).into_owned());
            let order = plan.get_sorted_phases().ok().map(|phases| phases.iter().map(Phase::get_name).collect());
            let nix = create_nix_expressions_for_phases(plan.phases.as_ref().unwrap()).into_iter().collect();
            Theirs::Plan {
                json: plan.to_json().unwrap(),
                table,
                order,
                nix,
                providers: providers().unwrap_or_default(),
            }
        }
        Ok(Err(error)) => {
            Theirs::Error { messages: error.chain().map(ToString::to_string).collect(), providers: providers() }
        }
        Err(_) => {
            let (message, place) = LAST_PANIC.take();
            Theirs::Panic { message, place, providers: catch_unwind(AssertUnwindSafe(providers)).ok().flatten() }
        }
    }
}

/// The providers of the folder, or of the only folder inside where it has none.
fn chosen(folder: &Path, env: &[&str], options: &GeneratePlanOptions) -> Option<Vec<String>> {
    let names = nixpacks::get_plan_providers(&folder.to_string_lossy(), env.to_vec(), options).ok()?;
    if !names.is_empty() {
        return Some(names);
    }
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    let [only] = &folders[..] else { return Some(names) };
    chosen(only, env, options)
}
