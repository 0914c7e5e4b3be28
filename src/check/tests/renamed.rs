use super::{fires, silent};

const ID: &str = "start-program-not-found";
const APP: (&str, &str) = ("tides.py", "from huey import SqliteHuey\nhuey = SqliteHuey()\n");
const OLD: (&str, &str) = ("Procfile", "worker: huey_consumer.py tides.huey -w 2\n");

/// The wheel of huey 2.6.0 installs both names, that of 3.0.0 `huey_consumer` alone.
#[test]
fn a_program_of_another_name_is_told_by_the_new_one() {
    for huey in ["huey", "huey==3.5.4", "huey>=2"] {
        fires(ID, "Procfile:1", &[APP, OLD, ("requirements.txt", huey)]);
    }
    for huey in ["huey==2.6.0", "huey<3", "huey~=2.5"] {
        silent(ID, &[APP, OLD, ("requirements.txt", huey)]);
    }
    silent(ID, &[APP, ("requirements.txt", "huey"), ("Procfile", "worker: huey_consumer tides.huey\n")]);
}
