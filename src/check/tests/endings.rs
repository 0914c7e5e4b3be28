use super::{fires, silent};

const RUN: (&str, &str) = ("main.py", "print('up')\n");
const DOS: (&str, &str) = ("start.sh", "#!/bin/bash\r\nexec python main.py\r\n");

#[test]
fn a_start_script_that_was_written_on_windows() {
    let found = fires("windows-line-endings", "start.sh:1", &[RUN, DOS, ("Procfile", "web: bash start.sh\n")]);
    assert!(found.help.unwrap().contains("*.sh text eol=lf"));
    fires("windows-line-endings", "start.sh:1", &[RUN, DOS, ("Procfile", "web: sh -e ./start.sh\n")]);
    fires("windows-line-endings", "start.sh:1", &[RUN, DOS, ("Procfile", "web: ./start.sh\n")]);
    let mixed = ("start.sh", "#!/bin/bash\nexport A=1\nexec python main.py\r\n");
    fires("windows-line-endings", "start.sh:3", &[RUN, mixed, ("Procfile", "web: bash start.sh\n")]);
}

#[test]
fn what_only_python_reads() {
    let unix = ("start.sh", "#!/bin/bash\nexec python main.py\n");
    silent("windows-line-endings", &[RUN, unix, ("Procfile", "web: bash start.sh\n")]);
    silent("windows-line-endings", &[("main.py", "print('up')\r\n"), ("Procfile", "web: python main.py\r\n")]);
    silent("windows-line-endings", &[RUN, DOS]);
}
