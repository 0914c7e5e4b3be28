//! The services of a file for Docker Compose, which nothing else knows by these names.

use super::Project;

const FILES: &[&str] = &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// Their names, and the file that has them; none where no file can be read.
pub fn services(project: &Project) -> Option<(&'static str, Vec<String>)> {
    let name = FILES.iter().find(|name| project.has_file(name))?;
    let text = project.read_text(name).ok()?;
    let parsed: serde_json::Value = serde_yaml_ng::from_str(&text).ok()?;
    let named = parsed.get("services")?.as_object()?;
    Some((name, named.keys().cloned().collect()))
}
