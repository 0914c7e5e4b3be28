use super::{fires, found, silent};
use crate::finding::{Certainty, Severity};

fn asks(text: &str) -> [(&str, &str); 2] {
    [("requirements.txt", text), ("main.py", "")]
}

fn with<'a>(text: &'a str, config: &'a str) -> [(&'a str, &'a str); 3] {
    [("requirements.txt", text), ("main.py", ""), ("nixpacks.toml", config)]
}

#[test]
fn headers_that_the_plan_lacks() {
    fires("missing-system-header", "requirements.txt:1", &asks("mysqlclient==2.2.4\n"));
    fires("missing-system-header", "requirements.txt:1", &asks("TA-Lib==0.4.28\n"));
    fires(
        "missing-system-header",
        "requirements.txt:1",
        &with("dlib\n", "[phases.setup]\nnixPkgs = [\"...\", \"ffmpeg\"]\n"),
    );
    silent("missing-system-header", &asks("TA-Lib==0.6.8\n"));
    silent("missing-system-header", &asks("TA-Lib\n"));
    silent("missing-system-header", &with("dlib\n", "[phases.setup]\nnixPkgs = [\"...\", \"cmake\"]\n"));
    silent(
        "missing-system-header",
        &with("mysqlclient\n", "[phases.setup]\naptPkgs = [\"default-libmysqlclient-dev\"]\n"),
    );
}

#[test]
fn libraries_that_the_plan_lacks() {
    let finding = fires("missing-shared-library", "requirements.txt:1", &asks("opencv-python==4.10.0.84\n"));
    assert_eq!(finding.fixes.len(), 2);
    fires("missing-shared-library", "requirements.txt:1", &asks("weasyprint==62.0\n"));
    // Debian's libraries are not on the path of Nix' Python.
    fires(
        "missing-shared-library",
        "requirements.txt:1",
        &with("python-magic\n", "[phases.setup]\naptPkgs = [\"libmagic1\"]\n"),
    );
    silent("missing-shared-library", &asks("opencv-python-headless==4.10.0.84\nsoundfile==0.12.1\n"));
    silent(
        "missing-shared-library",
        &with("opencv-python==4.12.0.88\n", "[phases.setup]\nnixLibs = [\"...\", \"libGL\", \"glib\"]\n"),
    );
    // Since 4.13 Qt's libraries in the wheel want libxcb.so.1 as well, and without a pin the newest is installed.
    for pin in ["opencv-python\n", "opencv-python==4.13.0.90\n"] {
        let finding = fires(
            "missing-shared-library",
            "requirements.txt:1",
            &with(pin, "[phases.setup]\nnixLibs = [\"...\", \"libGL\", \"glib\"]\n"),
        );
        assert!(finding.message.contains("xorg.libxcb"), "{}", finding.message);
    }
}

#[test]
fn programs_that_the_plan_lacks() {
    fires("missing-system-binary", "requirements.txt:1", &asks("pytesseract==0.3.10\n"));
    silent("missing-system-binary", &with("pytesseract\n", "[phases.setup]\nnixPkgs = [\"...\", \"tesseract\"]\n"));
    silent("missing-system-binary", &with("pytesseract\n", "[phases.setup]\naptPkgs = [\"tesseract-ocr\"]\n"));
    silent("missing-system-binary", &asks("pydub==0.25.1\npdf2image==1.17.0\n"));
}

#[test]
fn pins_older_than_the_python() {
    let finding = fires("no-wheel-for-python", "requirements.txt:1", &asks("numpy==1.24.3\n"));
    assert_eq!((finding.severity, finding.fixes.len()), (Severity::Error, 1));
    fires(
        "no-wheel-for-python",
        "requirements.txt:1",
        &[("requirements.txt", "pandas==2.1.4\n"), ("main.py", ""), (".python-version", "3.13\n")],
    );
    let narrow = ("pyproject.toml", "[project]\nname = \"x\"\nrequires-python = \">=3.12\"\n");
    let finding = fires(
        "no-wheel-for-python",
        "requirements.txt:1",
        &[("requirements.txt", "numpy==1.24.3\n"), ("main.py", ""), narrow],
    );
    assert!(finding.fixes.is_empty());
    silent("no-wheel-for-python", &asks("numpy==1.26.4\npandas==2.2.3\ntorch>=2\n"));
    silent(
        "no-wheel-for-python",
        &[("requirements.txt", "numpy==1.24.3\n"), ("main.py", ""), (".python-version", "3.11\n")],
    );
}

#[test]
fn packages_with_needs_of_their_own() {
    fires("psycopg-without-libpq", "requirements.txt:1", &asks("psycopg==3.2.3\n"));
    fires("psycopg-without-libpq", "requirements.txt:1", &asks("psycopg[pool]>=3 # database\n"));
    silent("psycopg-without-libpq", &asks("psycopg[binary]==3.2.3\n"));
    silent("psycopg-without-libpq", &asks("psycopg==3.2.3\npsycopg-binary==3.2.3\n"));
    fires("playwright-without-browsers", "requirements.txt:1", &asks("playwright==1.48.0\n"));
    silent(
        "playwright-without-browsers",
        &with("playwright\n", "[phases.build]\ncmds = [\"playwright install chromium\"]\n"),
    );
    fires("no-display", "requirements.txt:1", &asks("pyautogui==0.9.54\n"));
    silent("no-display", &asks("pygame==2.6.0\n"));
}

#[test]
fn a_pin_for_another_machine_needs_no_wheel_here() {
    for marker in ["platform_python_implementation == \"PyPy\"", "platform_machine == \"arm64\""] {
        let packages = format!("cffi==1.15.0; {marker}\n");
        silent("no-wheel-for-python", &[("main.py", ""), ("requirements.txt", &packages)]);
    }
}

#[test]
fn a_second_python_in_one_profile() {
    let main = ("main.py", "print('up')\n");
    let two = ("nixpacks.toml", "[phases.setup]\nnixPkgs = [\"...\", \"python311\"]\n");
    let found = super::fires("nix-packages-collide", "nixpacks.toml:2", &[main, two]);
    assert_eq!(found.fixes[0].summary, "take Python 3.11 by .python-version in place of python311");
    let same = ("nixpacks.toml", "[phases.setup]\nnixPkgs = [\"...\", \"python312\"]\n");
    super::silent("nix-packages-collide", &[main, same]);
    let one = ("nixpacks.toml", "[phases.setup]\nnixPkgs = [\"python311\", \"gcc\"]\n");
    super::silent("nix-packages-collide", &[main, one]);
}

#[test]
fn a_package_whose_name_is_a_slip_of_the_hand() {
    let wants = |list: &str| format!("[phases.setup]\n{list}\n");
    let main = ("main.py", "print('up')\n");
    fires("package-misspelt", "nixpacks.toml:2", &[main, ("nixpacks.toml", &wants("nixPkgs = [\"...\", \"ffmepg\"]"))]);
    fires("package-misspelt", "nixpacks.toml:2", &[main, ("nixpacks.toml", &wants("aptPkgs = [\"...\", \"ffmpge\"]"))]);
    for list in [
        "nixPkgs = [\"...\", \"ffmpeg\", \"nodejs_20\", \"glibc\"]",
        "aptPkgs = [\"...\", \"libpq-dev\", \"postgresql\"]",
    ] {
        silent("package-misspelt", &[main, ("nixpacks.toml", &wants(list))]);
    }
}

/// libavdevice in the wheel of opencv-python 5.0.0.93 wants libxcb.so.1 before the loader comes to libGL's own libX11.
#[test]
fn what_opencv_loads_ends_a_start_that_surely_imports_it() {
    let libs = |list: &str| format!("[phases.setup]\nnixLibs = [\"...\", {list}]\n");
    let (some, all) = (libs("\"libGL\", \"glib\""), libs("\"libGL\", \"glib\", \"libxcb\""));
    let (start, late) = (("main.py", "import cv2\n"), ("main.py", "def late():\n    import cv2\n"));
    let list = |text: &'static str| ("requirements.txt", text);
    let told = |main: (&'static str, &'static str), text, config: &str| {
        let found = found(&[main, list(text), ("nixpacks.toml", config)]);
        let finding = found.into_iter().find(|finding| finding.rule == "missing-shared-library")?;
        Some((finding.certainty, finding.fixes[0].summary.clone()))
    };
    let headless = "take opencv-python-headless, which needs no screen's libraries".to_owned();
    assert_eq!(told(start, "opencv-python\n", &some), Some((Certainty::Certain, headless.clone())));
    assert_eq!(told(late, "opencv-python\n", &some), Some((Certainty::Likely, headless)));
    assert_eq!(told(start, "opencv-python\n", &all), None);
    // Older ones have no libavdevice that wants it, pinned or held back.
    for held in ["opencv-python==4.12.0.88\n", "opencv-python<4.13\n", "opencv-python~=4.11.0\n"] {
        assert_eq!(told(start, held, &some), None, "{held}");
    }
    let led = format!("{some}[variables]\nLD_LIBRARY_PATH = \"/usr/lib/x86_64-linux-gnu\"\n");
    assert_eq!(told(start, "opencv-python\n", &led).map(|(certainty, _)| certainty), Some(Certainty::Likely));
}
