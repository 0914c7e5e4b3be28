//! Links on the pages of a package index.

/// The address that a link on a page leads to.
pub(super) fn joined(page: &str, link: &str) -> Option<String> {
    let link = link.trim();
    if link.split(['/', '?', '#']).next().is_some_and(|begin| begin.contains(':')) {
        return Some(link.to_owned());
    }
    let (scheme, rest) = page.split_once("://")?;
    if link.starts_with("//") {
        return Some(format!("{scheme}:{link}"));
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let end = link.find(['?', '#']).unwrap_or(link.len());
    let (steps, tail) = link.split_at(end);
    let mut parts: Vec<&str> = match steps.strip_prefix('/') {
        Some(_) => Vec::new(),
        None if steps.is_empty() => return Some(format!("{scheme}://{host}/{path}{tail}")),
        None => path.split('/').collect(),
    };
    // The page's own name.
    parts.pop();
    let steps = steps.strip_prefix('/').unwrap_or(steps);
    for (step, is_last) in steps.split('/').zip((1..=steps.split('/').count()).map(|at| at == steps.split('/').count()))
    {
        match step {
            "." | ".." => {
                if step == ".." {
                    parts.pop();
                }
                if is_last {
                    parts.push("");
                }
            }
            _ => parts.push(step),
        }
    }
    Some(format!("{scheme}://{host}/{}{tail}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_joined_to_their_page() {
        let page = "https://index.example/simple/tide/";
        for (link, whole) in [
            ("../../files/a-1.whl#sha256=0", "https://index.example/files/a-1.whl#sha256=0"),
            ("a-1.whl", "https://index.example/simple/tide/a-1.whl"),
            ("./a-1.whl?b=../c", "https://index.example/simple/tide/a-1.whl?b=../c"),
            ("/files/a-1.whl", "https://index.example/files/a-1.whl"),
            ("../..", "https://index.example/"),
            ("//files.example/a-1.whl", "https://files.example/a-1.whl"),
            ("https://files.example/a-1.whl", "https://files.example/a-1.whl"),
            ("data:,", "data:,"),
        ] {
            assert_eq!(joined(page, link).as_deref(), Some(whole));
        }
    }
}
