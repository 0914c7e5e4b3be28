use super::{fires, silent};
use crate::builder::Planned;
use crate::builder::{DeployOptions, nixpacks};
use crate::check::Facts;
use crate::folder::folder;
use crate::project::Project;

const ID: &str = "missing-system-binary";

fn starts<'a>(code: &'a str, config: &'a str) -> [(&'a str, &'a str); 3] {
    [("main.py", code), ("requirements.txt", "rich\n"), ("nixpacks.toml", config)]
}

#[test]
fn a_program_that_the_image_lacks_is_named_where_it_is_started() {
    let code = "import subprocess\n\ndef cut():\n    subprocess.run(['ffmpeg', '-i', 'tide.mp3'])\n";
    let finding = fires(ID, "main.py:4", &starts(code, ""));
    assert_eq!(finding.fixes[0].summary, "add ffmpeg to nixPkgs");
    fires(ID, "main.py:2", &starts("import os\nos.system('wget https://tides.example/now')\n", ""));
}

#[test]
fn a_list_that_another_cloud_reads_is_shown_beside_it() {
    let code = "import subprocess\nsubprocess.run(['ffmpeg'])\n";
    let [main, list, _] = starts(code, "");
    let found = fires(ID, "main.py:2", &[main, list, ("Aptfile", "# media\nffmpeg\n")]);
    assert_eq!(found.evidence[1].source.to_string(), "Aptfile:2");
    assert!(found.evidence[1].text.contains("Nixpacks does not read"), "{found:#?}");
}

/// yt-dlp and discord.py look for ffmpeg when they are called: an app without it starts and answers.
#[test]
fn a_program_that_a_library_starts_is_named_where_the_code_asks_for_that() {
    let options = "{'postprocessors': [{'key': 'FFmpegExtractAudio'}]}";
    let tube = format!("from yt_dlp import YoutubeDL\n\nOPTIONS = {options}\n");
    assert_eq!(fires(ID, "main.py:3", &starts(&tube, "")).subject.as_deref(), Some("ffmpeg"));
    let voice = "import discord\n\nasync def play(client):\n    client.play(discord.FFmpegPCMAudio('ebb.mp3'))\n";
    fires(ID, "main.py:4", &starts(voice, ""));
    silent(ID, &starts(voice, "[phases.setup]\nnixPkgs = [\"...\", \"ffmpeg-headless\"]\n"));
    silent(ID, &starts("class FFmpegPCMAudio: pass\nFFmpegPCMAudio()\n", ""));
}

#[test]
fn a_program_that_is_there_is_no_fault() {
    let code = "import subprocess\nsubprocess.run(['ffmpeg'])\n";
    silent(ID, &starts(code, "[phases.setup]\nnixPkgs = [\"...\", \"ffmpeg\"]\n"));
    silent(ID, &starts(code, "[phases.setup]\naptPkgs = [\"...\", \"ffmpeg\"]\n"));
    silent(ID, &starts("import os\nos.system('ls -l')\n", ""));
    silent(ID, &starts("import subprocess\nsubprocess.run(['harbour-tool'])\n", ""));
    let asks = "import shutil, subprocess\nif shutil.which('ffmpeg'):\n    subprocess.run(['ffmpeg'])\n";
    silent(ID, &starts(asks, ""));
}

#[test]
fn programs_of_the_image_that_load_libraries_are_known() {
    let code = "import subprocess\nsubprocess.check_output(['git', 'log'])\nsubprocess.run(['ls'])\n";
    let dir = folder(&starts(code, ""));
    let project = Project::open(dir.path()).unwrap();
    let options = DeployOptions::default();
    let planned = Planned::Nixpacks(nixpacks::derive(&project, &options, &nixpacks::Options::default()));
    assert_eq!(Facts::new(&project, &options, &planned).programs_under_other_libraries(), ["git"]);
}

#[test]
fn programs_that_the_build_and_the_start_call() {
    let main = ("main.py", "print('up')\n");
    let build = ("nixpacks.toml", "[phases.build]\ncmds = [\"npx tailwindcss -o out.css\"]\n");
    super::fires("missing-system-binary", "nixpacks.toml:2", &[main, build]);
    let planned =
        "[phases.setup]\nnixPkgs = [\"...\", \"nodejs\"]\n[phases.build]\ncmds = [\"npx tailwindcss -o out.css\"]\n";
    super::silent("missing-system-binary", &[main, ("nixpacks.toml", planned)]);
    // Nixpacks' base image has it.
    super::silent("missing-system-binary", &[main, ("Procfile", "web: make serve\n")]);
}
