//! Files of the project that the image which runs is not given, where deploy.inputs of railpack.json take the place of Railpack's own.

use std::path::Path;

use super::fixes::railpack::{takes_again, takes_all, takes_too};
use crate::builder::BuilderKind;
use crate::builder::railpack::CONFIG_FILE;
use crate::finding::{Diagnosis, Evidence, Fix};
use crate::fs::DockerIgnore;
use crate::project::Project;
use crate::project::hujson::{self, Node, Value};

/// The diagnosis with the list that leaves its file out and what puts it there; none where no list does.
pub(super) fn left_out(
    project: &Project,
    builder: BuilderKind,
    file: &str,
    diagnosis: &Diagnosis,
) -> Option<Diagnosis> {
    let (list, fixes) = leaving_out(project, builder, file)?;
    let message = format!("{file} is in the project, and deploy.inputs of {} does not take it", list.source);
    let evidence = diagnosis.evidence.iter().cloned().chain([list]).collect();
    let help = format!(
        "name it there: {{\"step\": \"build\", \"include\": [\"{file}\"]}}; \"...\" takes all that Railpack takes"
    );
    Some(Diagnosis { message, help: Some(help), evidence, fixes, ..diagnosis.clone() })
}

/// The list where no item of it takes the file, and the edits that have one take it.
fn leaving_out(project: &Project, builder: BuilderKind, file: &str) -> Option<(Evidence, Vec<Fix>)> {
    match builder {
        BuilderKind::Nixpacks => return None,
        BuilderKind::Railpack => {}
    }
    let bytes = project.has_file(CONFIG_FILE).then(|| project.read(CONFIG_FILE).ok())??;
    let document = hujson::parse(&bytes).ok()?;
    let inputs = document.root.member("deploy")?.member("inputs")?;
    let Value::List(layers) = &inputs.value else { return None };
    if layers.iter().any(|layer| takes(layer, file)) {
        return None;
    }
    let text = project.read_text(CONFIG_FILE).ok()?;
    let text = text.lines().nth(inputs.line.saturating_sub(1)).unwrap_or_default().trim().to_owned();
    Some((Evidence { source: project.line(CONFIG_FILE, Some(inputs.line)), text }, vec![taking(layers, file)]))
}

/// The least edit after which the file is taken.
fn taking(layers: &[Node], file: &str) -> Fix {
    let of_build = |layer: &Node| layer.member("step").is_some_and(|step| text(step) == Some("build"));
    let of_build = || layers.iter().enumerate().filter(|(_, layer)| of_build(layer));
    let by_name = |layer: &Node| {
        includes(layer, file).is_some()
            && !is_excluded(layer, file, |pattern| pattern != file)
            && paths(layer, "exclude").any(|pattern| pattern == file)
    };
    if let Some((index, _)) = of_build().find(|(_, layer)| by_name(layer)) {
        return takes_again(index, file);
    }
    let names_files = |layer: &Node| paths(layer, "include").next().is_some() && layer.member("exclude").is_none();
    match of_build().rfind(|(_, layer)| names_files(layer)) {
        Some((index, _)) => takes_too(index, file),
        None => takes_all(),
    }
}

/// Whether the image is given the file by an item of the list. One that includes nothing takes nothing.
fn takes(layer: &Node, file: &str) -> bool {
    match text(layer) {
        Some(short) => short == "..." || short == ".",
        None => includes(layer, file).is_some() && !is_excluded(layer, file, |_| true),
    }
}

/// The place of the file within the first path that includes it.
fn includes<'f>(layer: &Node, file: &'f str) -> Option<&'f Path> {
    paths(layer, "include").find_map(|path| Path::new(file).strip_prefix(within_app(path)).ok())
}

/// Whether one of the patterns that count leaves the file out.
fn is_excluded(layer: &Node, file: &str, counts: impl Fn(&str) -> bool) -> bool {
    let patterns: Vec<&str> = paths(layer, "exclude").filter(|pattern| counts(pattern)).collect();
    includes(layer, file).is_some_and(|inside| DockerIgnore::parse(&patterns.join("\n")).excludes(inside, false))
}

fn without_slashes(path: &str) -> &str {
    path.trim_start_matches("./").trim_matches('/')
}

/// A path of a step as one from `/app` on.
fn within_app(path: &str) -> &str {
    match without_slashes(path.strip_prefix("/app").unwrap_or(path)) {
        "." => "",
        path => path,
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn paths<'n>(layer: &'n Node, list: &str) -> impl Iterator<Item = &'n str> {
    let items = match layer.member(list).map(|list| &list.value) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(text)
}

#[cfg(test)]
mod tests {
    use crate::builder::Builder;
    use crate::builder::railpack::Version;
    use crate::diagnose::{Case, diagnose};
    use crate::finding::Diagnosis;
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    fn told(inputs: &str) -> Diagnosis {
        let log = "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    open(\"data/tide.csv\")\nFileNotFoundError: [Errno 2] No such file or directory: 'data/tide.csv'\n";
        let config = format!("{{\n\"deploy\": {{\"inputs\": {inputs}}}}}");
        let dir = folder(&[("main.py", ""), ("data/tide.csv", ""), ("railpack.json", &config)]);
        let project = Project::open(dir.path()).unwrap();
        let (log, builder) = (Log::from(log), Builder::Railpack(Version::NEWEST_KNOWN));
        diagnose(&Case { project: Some(&project), builder: Some(&builder), ..Case::of_log(&log) }).remove(0)
    }

    #[test]
    fn a_file_that_the_image_is_not_given_is_told_with_the_list_that_leaves_it_out() {
        let wanted = "data/tide.csv is in the project, and deploy.inputs of railpack.json:2 does not take it";
        assert_eq!(told(r#"[{"step": "build", "include": ["main.py", "/app/.venv"]}]"#).message, wanted);
        for taking in [
            r#"["...", {"step": "x", "include": ["x"]}]"#,
            r#"[{"step": "build", "include": ["/app/data"]}]"#,
            r#"[{"step": "build", "include": ["."], "exclude": ["*.csv"]}]"#,
        ] {
            assert!(!told(taking).message.contains("deploy.inputs"), "{taking}");
        }
        for leaving in
            [r#"["$build", {"step": "build"}]"#, r#"[{"step": "build", "include": ["."], "exclude": ["**/*.csv"]}]"#]
        {
            assert_eq!(told(leaving).message, wanted, "{leaving}");
        }
    }

    #[test]
    fn the_least_edit_takes_it() {
        let summary = |inputs: &str| told(inputs).fixes.remove(0).summary;
        assert_eq!(
            summary(r#"[{"step": "build", "include": ["/app/.venv"]}, {"step": "build", "include": ["main.py"]}]"#),
            "add \"data/tide.csv\" to deploy.inputs[1].include"
        );
        assert_eq!(
            summary(r#"[{"step": "build", "include": ["."], "exclude": [".venv", "data/tide.csv"]}]"#),
            "take \"data/tide.csv\" out of deploy.inputs[0].exclude"
        );
        for all in [r#"["$build"]"#, r#"[{"step": "build", "include": ["."], "exclude": ["data"]}]"#] {
            assert_eq!(summary(all), "add \"...\" to deploy.inputs", "{all}");
        }
    }
}
