use super::{fires, silent};

fn asks(text: &str) -> [(&str, &str); 2] {
    [("requirements.txt", text), ("main.py", "")]
}

#[test]
fn names_of_modules() {
    for line in ["sklearn", "cv2==4.8.0", "jwt", "telegram>=1"] {
        fires("misnamed-requirement", "requirements.txt:1", &asks(&format!("{line}\n")));
    }
    fires("misnamed-requirement", "requirements.txt:2", &asks("PyJWT==2.8.0\njwt\n"));
    silent("misnamed-requirement", &asks("scikit-learn==1.5.2\nPyJWT==2.8.0\nbeautifulsoup4==4.12.0\nbs4\n"));
}

#[test]
fn modules_of_python_itself() {
    for line in ["asyncio", "enum34==1.1.10", "json"] {
        fires("stdlib-in-requirements", "requirements.txt:1", &asks(&format!("{line}\n")));
    }
    silent("stdlib-in-requirements", &asks("asyncpg==0.30.0\nfutures==3.0; python_version < '3'\n"));
}

#[test]
fn two_packages_for_one_module() {
    fires(
        "two-builds-of-one-package",
        "requirements.txt:1",
        &asks("opencv-python==4.10.0.84\nopencv-python-headless==4.10.0.84\n"),
    );
    fires("two-builds-of-one-package", "requirements.txt:1", &asks("psycopg2\npsycopg2-binary\n"));
    silent("two-builds-of-one-package", &asks("psycopg2-binary==2.9.10\npsycopg2; sys_platform == 'win32'\n"));
}
