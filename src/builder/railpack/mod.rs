//! Railpack, the builder that Railway and Coolify take for new apps: its plan of a Python project, and why.

mod answer;
mod app;
mod code;
mod config;
mod decode;
mod draft;
mod environment;
mod generate;
mod gojson;
mod ignore;
mod lower;
mod messages;
mod mise;
mod options;
mod package;
mod parse;
mod plan;
mod procfile;
mod providers;
mod python;
mod render;
mod validate;
mod version;
mod versions;
mod yaml;

pub use answer::RailpackAnswer;
pub use config::CONFIG_FILE;
pub use lower::{buildable, variables};
pub use messages::{Level, Message};
pub use options::Options;
pub use package::{Package, Unverified};
pub use parse::{Printed, parse_box};
pub use plan::{Cache, Command, Deploy, Layer, Plan, SCHEMA, Step, nothing_to_json};
pub(crate) use python::COPIED;
pub use render::railpack_box;
pub use version::{Rules, Version};
pub use versions::{DATED, Table};

use crate::builder::DeployOptions;
use crate::plan::Choice;
use crate::project::{Project, Source, Sourced};

use app::App;
use config::Config;
use decode::Placed;
use draft::Draft;
use environment::Environment;
use generate::{Generated, Generator};
use messages::Log;
use providers::{Chosen, Detection};
use validate::Demands;

/// What came of planning.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan; absent when there is none, and for a provider other than Python's.
    pub plan: Option<Plan>,
    /// The provider that was chosen.
    pub provider: Option<&'static str>,
    /// What Railpack says, in order.
    pub messages: Vec<Message>,
    /// The tools, sorted by name.
    pub packages: Vec<Package>,
    /// A choice for every value of the plan.
    pub choices: Vec<Choice>,
    /// Releases that depend on the day.
    pub unverified: Vec<Unverified>,
    /// The Python that a file of mise's own asks for. In the build mise reads that file beside Railpack's, and it wins
    /// whatever the plan says.
    pub python_of_file: Option<Sourced<String>>,
    /// Debian packages that Railpack would install in the runtime image, had the user's list not replaced its own.
    pub lost_packages: Vec<Sourced<String>>,
    /// The release whose rules were applied.
    pub version: Version,
    /// Whether releases were looked up in a table that the user gives.
    pub has_own_table: bool,
}

impl Planned {
    /// Why there is no plan, in Railpack's own words.
    pub fn fault(&self) -> Option<&str> {
        let error = self.messages.iter().find(|message| message.level == Level::Error);
        error.map(|message| message.text.as_str())
    }
}

impl Planned {
    /// What Railpack says in place of a plan of a version that cannot be. The plan is made all the same, as one's own table may know it.
    pub fn unresolved(&self) -> Option<String> {
        self.unverified.iter().find_map(Unverified::refusal)
    }

    /// The Python of a file of mise's own, where the plan asks for another.
    pub fn overruling_python(&self) -> Option<&Sourced<String>> {
        let choice = self.choices.iter().rfind(|choice| choice.what == "packages.python")?;
        let is_of =
            |asked: &str| choice.value.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.python_of_file.as_ref().filter(|file| file.source != choice.because && !is_of(&file.value))
    }

    /// The table that releases were looked up in, in words.
    pub fn table(&self) -> String {
        if self.has_own_table { "the table that --versions names".to_owned() } else { format!("the table of {DATED}") }
    }

    /// What is taken of a table where the real planner would ask the network, a line a tool.
    pub fn unverified_notes(&self) -> Vec<String> {
        let table = self.table();
        let note = |note: &Unverified| match note.known {
            true => format!("{} {}: {} of {table}", note.tool, note.asked, note.version),
            false => format!("{} {}: no table knows such a release", note.tool, note.asked),
        };
        self.unverified.iter().map(note).collect()
    }
}

/// Works out what Railpack would build, and why.
pub fn plan(project: &Project, given: &DeployOptions, options: &Options) -> Planned {
    let mut log = Log::default();
    let mut planner = Planner::new(project, given, options);
    let outcome = planner.plan(&mut log);
    if let Err(fault) = &outcome
        && !fault.is_empty()
    {
        log.error(fault.clone());
    }
    let made = outcome.ok().flatten();
    let (plan, packages, choices, unverified, lost_packages) = match made {
        Some(made) => (Some(made.plan), made.packages, made.choices, made.unverified, made.lost_packages),
        None => Default::default(),
    };
    Planned {
        plan,
        provider: planner.provider,
        messages: log.into_messages(),
        packages,
        choices,
        unverified,
        lost_packages,
        python_of_file: mise::python(&planner.app, planner.version.rules()),
        version: planner.version,
        has_own_table: options.versions.is_some(),
    }
}

struct Planner<'a> {
    app: App<'a>,
    given: &'a DeployOptions,
    options: &'a Options,
    env: Environment,
    version: Version,
    provider: Option<&'static str>,
}

impl<'a> Planner<'a> {
    fn new(project: &'a Project, given: &'a DeployOptions, options: &'a Options) -> Self {
        Self {
            app: App::new(project),
            given,
            options,
            env: Environment::of(given),
            version: options.version.unwrap_or(Version::NEWEST_KNOWN),
            provider: None,
        }
    }

    /// An empty fault has been told already.
    fn plan(&mut self, log: &mut Log) -> Result<Option<Generated>, String> {
        let rules = self.version.rules();
        let config = config::read(&self.app, self.given, self.options, &self.env, log)?;
        let ignored = ignore::patterns(&self.app)?;
        if ignored.is_some() {
            log.info("Found .dockerignore file, applying filters");
        }
        let excluded = config.exclude.clone().filter(|_| rules >= Rules::V0_37);
        let is_excluding = ignored.is_some() || excluded.is_some();
        let mut exclude: Vec<_> = ignored.into_iter().chain(excluded).flatten().collect();
        let mut local = Layer::of_project();
        if rules < Rules::V0_37 {
            local = ignore::layer(&self.app, local, &std::mem::take(&mut exclude), rules);
        }
        if rules >= Rules::V0_40 {
            self.app.hide(&exclude);
        }
        let mut draft = Draft::default();
        draft.configured_tools(&config);
        draft.remember(&self.options.previous);
        let detection = Detection { app: &self.app, env: &self.env, rules };
        let chosen = detection.choose(&config, log);
        self.provider = chosen.as_ref().map(|chosen| chosen.name);
        let table = self.options.versions.as_ref().map_or(Table::shipped(), |table| table);
        let mise_files = mise::files(&self.app, rules);
        match &chosen {
            Some(Chosen { name: "python", .. }) => {
                let provider = python::Provider { app: &self.app, env: &self.env, rules };
                provider.plan(&mut draft, &local, &mise_files, table, log);
            }
            Some(Chosen { name, .. }) => {
                return detection.plan_fault(name).map_or(Ok(None), |fault| {
                    self.provider = None;
                    Err(fault.to_owned())
                });
            }
            None => {}
        }
        if let Some(start) = procfile::start(self.app.project, self.app.bytes("Procfile").as_deref(), rules, log)? {
            draft.deploy.start = Some(start);
        }
        draft.apply(&config, rules, log);
        if rules >= Rules::V0_43 && !is_excluding && self.provider == Some("python") {
            let source = Source::Default("Railpack's default");
            exclude.extend([".venv", "venv"].map(|name| Placed { value: name.to_owned(), source: source.clone() }));
        }
        let release = self.options.release.clone().unwrap_or_else(|| self.version.to_string());
        let generator = Generator {
            table,
            rules,
            mise_files: &mise_files,
            exclude: &exclude,
            verbose: self.env.get("MISE_VERBOSE").filter(|verbose| !verbose.is_empty()),
            release: &release,
        };
        let mut made = generator.generate(&draft);
        if let Some(chosen) = chosen {
            let value = chosen.name.to_owned();
            made.choices.insert(0, Choice { what: "provider".to_owned(), value, because: chosen.because });
        }
        self.finish(&config, rules, &mut made, log)?;
        Ok(Some(made))
    }

    fn finish(&self, config: &Config, rules: Rules, made: &mut Generated, log: &mut Log) -> Result<(), String> {
        let asks = |list: &Option<Vec<Placed<String>>>| list.iter().flatten().any(|package| package.value != "...");
        if (asks(&config.build_apt) || asks(&config.deploy.apt)) && rules >= Rules::V0_37 {
            log.info(
                "The debian base image has been upgraded and you may experience issues with custom apt packages. \
                 Report any issues here: https://github.com/railwayapp/railpack/issues",
            );
        }
        self.disable_caches(&mut made.plan, log);
        let help = (self.provider == Some("python")).then_some(python::HELP);
        let demands = Demands { start: self.options.error_missing_start, help };
        if validate::is_valid(&made.plan, &self.app, &demands, log) { Ok(()) } else { Err(String::new()) }
    }

    fn disable_caches(&self, plan: &mut Plan, log: &mut Log) {
        let Some((names, variable)) = self.env.list("DISABLE_CACHES") else { return };
        if names.contains(&"*") {
            if names.len() > 1 {
                log.warn(format!("{variable} contains `*`; all other cache keys will be ignored."));
            }
            plan.caches.clear();
            plan.steps.iter_mut().for_each(|step| step.caches.clear());
            return;
        }
        plan.caches.retain(|name, _| !names.contains(&name.as_str()));
        for step in &mut plan.steps {
            step.caches.retain(|name| !names.contains(&name.as_str()));
        }
    }
}
