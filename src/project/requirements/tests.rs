use proptest::prelude::*;

use super::*;

fn project(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Project) {
    let dir = crate::folder::folder_of_bytes(files);
    let project = Project::open(dir.path()).unwrap();
    (dir, project)
}

fn read(text: &str) -> Requirements {
    let (_dir, project) = project(&[("requirements.txt", text.as_bytes())]);
    Requirements::read(&project, Path::new("requirements.txt"))
}

fn one(line: &str) -> Requirement {
    let found = read(line);
    assert_eq!(found.invalid, [], "{line}");
    assert_eq!(found.packages.len(), 1, "{line}");
    found.packages.into_iter().next().unwrap().requirement
}

fn why(line: &str) -> String {
    let found = read(line);
    assert_eq!(found.packages, [], "{line}");
    found.invalid.into_iter().map(|invalid| invalid.why).collect::<Vec<_>>().join("; ")
}

#[test]
fn names_versions_extras_and_markers_are_told_apart() {
    let found = one("Discord._py [Voice, speed_up] >= 2.3 , < 3 ; python_version < '3.13' # bot");
    assert_eq!(found.name.as_deref(), Some("discord-py"));
    assert_eq!(found.extras, ["voice", "speed-up"]);
    assert_eq!(found.specifiers.to_string(), ">=2.3, <3");
    assert_eq!(found.marker.as_deref(), Some("python_version < '3.13'"));
    assert_eq!(one("a(>=1)").specifiers.to_string(), ">=1");
    assert_eq!(one("a==1.0").pinned().map(ToString::to_string).as_deref(), Some("1.0"));
    assert_eq!(one("a==1.*").pinned(), None);
    assert_eq!(one("a===weird").pinned(), None);
}

#[test]
fn places_other_than_the_index_are_named() {
    let url = |text: &str| Origin::Url(text.to_owned());
    let path = |text: &str| Origin::Path(text.to_owned());
    let repository = |text: &str| Origin::Repository(text.to_owned());
    for (line, name, origin) in [
        ("a @ https://h/a.zip ; python_version>'3'", Some("a"), url("https://h/a.zip")),
        (
            "https://h/A_b-1.0-py3-none-any.whl#sha256=x",
            Some("a-b"),
            url("https://h/A_b-1.0-py3-none-any.whl#sha256=x"),
        ),
        (
            "git+https://h/x.git@main#egg=X[y]&subdirectory=z",
            Some("x"),
            repository("git+https://h/x.git@main#egg=X[y]&subdirectory=z"),
        ),
        ("a @ git+ssh://git@h/x.git", Some("a"), repository("git+ssh://git@h/x.git")),
        ("a @ file:///C:/ci_311/a_1", Some("a"), path("file:///C:/ci_311/a_1")),
        ("./wheels/a-1-py3-none-any.whl", Some("a"), path("./wheels/a-1-py3-none-any.whl")),
        ("a-1.tar.gz", None, path("a-1.tar.gz")),
        ("C:\\x\\a", None, path("C:\\x\\a")),
        (".", None, path(".")),
        ("-e .", None, path(".")),
        ("--editable=src/x", None, path("src/x")),
        ("-e git+https://h/x#egg=x", Some("x"), repository("git+https://h/x#egg=x")),
    ] {
        let found = one(line);
        assert_eq!((found.name.as_deref(), found.origin), (name, origin), "{line}");
        assert_eq!(found.editable, line.starts_with('-'), "{line}");
    }
}

#[test]
fn credentials_are_masked() {
    let found = read(
        "--index-url https://me:s3cr3t@h/simple\na @ https://me:s3cr3t@h/a.zip\n-i https://me:s3cr3t@h/ x=1 \nb=1 https://me:s3cr3t@h",
    );
    let shown = format!("{:?} {:?} {:?}", found.options, found.packages[0].requirement, found.invalid);
    assert!(!shown.contains("s3cr3t"), "{shown}");
    assert_eq!(found.options[0].value.as_deref(), Some("https://me:***@h/simple"));
}

#[test]
fn continued_lines_and_hashes_belong_together() {
    let found = read("# top\na==1 \\\n    --hash=sha256:aa \\\n    --hash sha256:bb # c\nb\\\n# ends it\nc\n");
    let places: Vec<_> =
        found.packages.iter().map(|entry| (entry.requirement.name.clone().unwrap(), entry.lines.clone())).collect();
    assert_eq!(places, [("a".into(), 2..=4), ("b".into(), 5..=6), ("c".into(), 7..=7)]);
    assert_eq!(found.packages[0].requirement.hashes, ["sha256:aa", "sha256:bb"]);
    assert_eq!(found.packages[0].written, "a==1 \\");
    assert_eq!(found.packages[0].source(), Source::line("requirements.txt", 2));
}

#[test]
fn included_files_are_read_once_from_where_they_are_named() {
    let (_dir, project) = project(&[
        ("requirements.txt", b"-r reqs/base.txt\nx\n-c limits.txt\n-r reqs/gone.txt\n-r ../out.txt\n-r /etc/passwd\n"),
        ("reqs/base.txt", b"y\n-rmore.txt\n--requirement=../requirements.txt\n"),
        ("reqs/more.txt", b"z\n"),
        ("limits.txt", b"z<2\n"),
    ]);
    let found = Requirements::read(&project, Path::new("requirements.txt"));
    let places: Vec<_> = found.packages.iter().map(|entry| (entry.source().to_string(), entry.is_constraint)).collect();
    let expected =
        [("reqs/base.txt:1", false), ("reqs/more.txt:1", false), ("requirements.txt:2", false), ("limits.txt:1", true)];
    assert_eq!(places, expected.map(|(place, constraint)| (place.to_owned(), constraint)));
    let lines: Vec<_> = found.invalid.iter().map(|invalid| invalid.source.to_string()).collect();
    assert_eq!(lines, ["requirements.txt:4", "requirements.txt:5", "requirements.txt:6"]);
    assert_eq!(found.of("z").count(), 1);
}

#[test]
fn files_that_include_ever_more_files_end() {
    let names: Vec<(String, String)> = (0..100).map(|n| (format!("{n}.txt"), format!("-r {}.txt\n", n + 1))).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let (_dir, project) = project(&files);
    let found = Requirements::read(&project, Path::new("0.txt"));
    assert_eq!((found.files.len(), found.invalid.len()), (MOST_FILES, 1));
}

#[test]
fn lines_that_pip_refuses_say_why() {
    for (line, reason) in [
        ("flask=1.0", "versions are compared with ==: write flask==1.0"),
        ("flask=>1.0", "versions are compared with >=: write flask>=1.0"),
        ("flask 1.0", "\"1.0\" after flask is no version specifier"),
        ("flask>=1.0.x", "\">=1.0.x\" after flask is no version specifier"),
        ("flask[a", "the bracket after the name is not closed"),
        ("flask[a,]", "\"\" is no name of an extra"),
        ("flask; python = 3", "\"python = 3\" after ; is no marker"),
        ("flask @ nowhere", "\"nowhere\" after @ is no URL"),
        ("pip install flask", "\"install flask\" after pip is no version specifier"),
        ("<<<<<<< HEAD", "does not begin with a package name"),
        ("-x flask", "pip knows no option -x here"),
        ("--upgrade flask", "pip knows no option --upgrade here"),
        ("flask --upgrade", "pip knows no option --upgrade for a single requirement"),
        ("flask-", "flask- is no package name: it must begin and end with a letter or digit"),
        ("-r", "--requirement needs a value"),
    ] {
        assert_eq!(why(line), reason, "{line}");
    }
}

#[test]
fn markers_decide_what_is_installed() {
    let found = read("a; sys_platform == 'win32'\nb; platform_machine == 'x86_64'\nc");
    let platform = Platform::cloud("3.12");
    let answers: Vec<_> = found.packages.iter().map(|entry| entry.applies(&platform)).collect();
    assert_eq!(answers, [Some(false), None, Some(true)]);
}

#[test]
fn every_encoding_is_read_and_named() {
    for (bytes, encoding) in [
        (&b"\xff\xfea\0\r\0\n\0b\0"[..], Encoding::Utf16Le),
        (b"\xef\xbb\xbfa\r\nb", Encoding::Utf8Bom),
        (b"a\nb", Encoding::Utf8),
    ] {
        let (_dir, project) = project(&[("r.txt", bytes)]);
        let found = Requirements::read(&project, Path::new("r.txt"));
        assert_eq!(found.files, [(PathBuf::from("r.txt"), encoding)]);
        assert_eq!((found.of("a").count(), found.of("b").count()), (1, 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (_dir, project) = project(&[("r.txt", &bytes)]);
        Requirements::read(&project, Path::new("r.txt"));
    }

    #[test]
    fn every_line_is_accounted_for(lines in prop::collection::vec("[ab\\[\\];@#=<>.:/ -]{0,12}", 0..8)) {
        let found = read(&lines.join("\n"));
        let filled = lines.iter().filter(|line| !without_comment(line).trim().is_empty()).count();
        prop_assert_eq!(found.packages.len() + found.options.len() + found.invalid.len(), filled);
    }

    #[test]
    fn a_pin_is_read_back(name in "[a-z][a-z0-9]{0,8}([-_.][a-z0-9]{1,4})?", version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}") {
        let found = one(&format!("{name}=={version}"));
        prop_assert_eq!(found.name, Some(normalize(&name)));
        prop_assert_eq!(found.specifiers.to_string(), format!("=={version}").parse::<pep440_rs::VersionSpecifiers>().unwrap().to_string());
    }
}
