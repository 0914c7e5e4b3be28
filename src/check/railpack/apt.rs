//! The user's lists of Debian packages, and what becomes of Railpack's own.

use crate::builder::RailpackAnswer;
use crate::builder::railpack::CONFIG_FILE;
use crate::check::Check;
use crate::check::finding::{Findings, add_item, error, remove_item, warning};
use crate::plan::Choice;
use crate::project::{Project, Source, Sourced};

use super::line::text_at;

pub(crate) const APT_REPLACED: Check = warning(
    "railpack-apt-packages-replaced",
    "deploy.aptPackages and RAILPACK_DEPLOY_APT_PACKAGES replace the packages that Railpack would install in the image that runs, unless `...` is \
     among them. Coolify sets the variable to `curl wget` by itself.",
);
const DOTS: Check = error(
    "railpack-build-dots-are-a-package",
    "Older releases of Railpack, 0.23.0 among them, add buildAptPackages and RAILPACK_BUILD_APT_PACKAGES to their own packages and hand a `...` among them to \
     apt-get, which takes it for a pattern: every package of Debian matches, and the installation ends in conflicts.",
)
.decides();

pub(super) const CHECKS: &[Check] = &[APT_REPLACED, DOTS];

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    let list = answer.planned.choices.iter().rfind(|choice| choice.what == "packages:apt:runtime.packages");
    let source = list.map_or_else(|| project.file(CONFIG_FILE), |choice| choice.because.clone());
    for Sourced { value: package, source: because } in &answer.planned.lost_packages {
        let finding = APT_REPLACED
            .found(format!("the image that runs lacks {package}, which Railpack would have installed"))
            .about(package.clone())
            .at(source.clone(), text_at(project, &source))
            .at(because.clone(), text_at(project, because));
        findings.push(match &source {
            Source::File { path, .. } => {
                finding.fix("keep Railpack's packages", vec![add_item(path, &["deploy", "aptPackages"], "...", true)])
            }
            Source::Variable(name) => finding.help(format!("begin {name} with `...`")),
            _ => finding.help("begin deploy.aptPackages with `...`"),
        });
    }
    dots(project, answer, findings);
}

fn dots(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    let planned = &answer.planned;
    let is_dots = |choice: &&Choice| choice.what == "packages:apt:build.packages" && choice.value == "...";
    let Some(choice) = planned.choices.iter().find(is_dots) else { return };
    let source = &choice.because;
    let finding = DOTS
        .found(format!("Railpack {} hands `...` to apt-get as the name of a package", planned.version))
        .about("...")
        .at(source.clone(), text_at(project, source));
    findings.push(match source {
        Source::File { path, .. } => finding.fix(
            "take \"...\" out of buildAptPackages: Railpack's own are kept without it",
            vec![remove_item(path, &["buildAptPackages"], "...")],
        ),
        _ => finding.help("take `...` out: Railpack's own packages are kept without it"),
    });
}
