//! Variables of the deploy, set where the builder reads them.

use std::path::Path;

use super::FixContext;
use crate::builder::BuilderKind;
use crate::diagnose::Case;
use crate::finding::{Edit, Fix};

/// Sets variables in the builder's own file.
pub(in crate::diagnose) fn set(case: &Case<'_>, summary: String, variables: &[(&str, &str)]) -> Fix {
    let kind = case.builder_kind();
    let file = match kind {
        BuilderKind::Nixpacks => FixContext { case, subject: None }.config(),
        BuilderKind::Railpack => Path::new(kind.config_file()),
    };
    let edit = |(name, value): &(&str, &str)| Edit::SetKey {
        path: file.to_owned(),
        key: kind.variables_key().iter().chain([name]).map(|part| (*part).to_owned()).collect(),
        value: (*value).into(),
    };
    Fix { summary, edits: variables.iter().map(edit).collect() }
}

/// Both variables: PYTHONIOENCODING, where something sets it, counts more than PYTHONUTF8 for what is printed.
pub(in crate::diagnose) fn utf8(context: &FixContext<'_>) -> Vec<Fix> {
    let summary = "set PYTHONUTF8=1 and PYTHONIOENCODING=utf-8".to_owned();
    vec![set(context.case, summary, &[("PYTHONUTF8", "1"), ("PYTHONIOENCODING", "utf-8")])]
}
