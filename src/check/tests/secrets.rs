use super::{fires, silent};

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");
const VALUE: &str = "k3jHs8LmQ2wXv9Tz";

#[test]
fn secrets_in_configuration() {
    let config = format!("[variables]\nBOT_TOKEN = \"{VALUE}\"\n");
    let finding = fires("secret-in-config", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &config)]);
    assert!(!serde_json::to_string(&finding).unwrap().contains(VALUE));
    let start =
        "{\"deploy\": {\"startCommand\": \"DATABASE_URL=postgres://u:hunter22@db.example.org/x python main.py\"}}";
    let finding = fires("secret-in-config", "railway.json:1", &[FLASK, MAIN, ("railway.json", start)]);
    assert!(!serde_json::to_string(&finding).unwrap().contains("hunter22"));
    for harmless in ["your-token-here", "${BOT_TOKEN}", "changeme", "<token>", ""] {
        let config = format!(
            "[variables]\nBOT_TOKEN = \"{harmless}\"\nTOKENIZERS_PARALLELISM = \"false\"\nPYTHONUNBUFFERED = \"1\"\n"
        );
        silent("secret-in-config", &[FLASK, MAIN, ("nixpacks.toml", &config)]);
    }
}

#[test]
fn tokens_in_lines_without_keys() {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let packages = format!("flask==3.0.0\ntides @ git+https://{token}@github.com/harbour/tides.git@main\n");
    let finding = fires("secret-in-config", "requirements.txt:2", &[("requirements.txt", &packages), MAIN]);
    assert!(!serde_json::to_string(&finding).unwrap().contains(&token));
    silent("git-auth-failed", &[("requirements.txt", &packages), MAIN]);
    let both = format!("{{\"deploy\": {{\"startCommand\": \"KEY={token} python main.py\"}}}}");
    let finding = super::found(&[FLASK, MAIN, ("railway.json", &both), ("Procfile", "web: python main.py\n")]);
    assert!(finding.iter().all(|finding| !finding.message.contains(&token)), "{finding:#?}");
    let started = format!("worker: GITHUB_TOKEN={token} python main.py\n");
    fires("secret-in-config", "Procfile:1", &[FLASK, MAIN, ("Procfile", &started)]);
    let command = format!("[phases.build]\ncmds = [\"curl -H 'Authorization: {token}' https://x.example\"]\n");
    let finding = fires("secret-in-config", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &command)]);
    assert!(finding.message.starts_with("phases.build.cmds holds") && !finding.evidence[0].text.contains(&token));
}

#[test]
fn names_that_only_sound_like_secrets() {
    let config = "[variables]\nAPI_KEY_HEADER = \"X-Harbour-Key\"\nDJANGO_SECRET_KEY = \"build-only\"\n";
    silent("secret-in-config", &[FLASK, MAIN, ("nixpacks.toml", config)]);
    let models = "[variables]\nHF_TOKENIZER = \"bert-base-uncased-finetuned\"\nTOKEN_MODEL = \"gpt4o-mini-2024\"\n";
    silent("secret-in-config", &[FLASK, MAIN, ("nixpacks.toml", models)]);
    fires(
        "secret-in-config",
        "nixpacks.toml:2",
        &[FLASK, MAIN, ("nixpacks.toml", "[variables]\nDB_PASS = \"correcthorse\"\n")],
    );
}

#[test]
fn an_env_file_that_git_does_not_ignore() {
    let env = format!("DEBUG=1\nSECRET_KEY={VALUE}\n");
    let git = (".git/HEAD", "ref: refs/heads/main\n");
    let finding = fires("env-file-committed", ".env:2", &[FLASK, MAIN, git, (".env", &env)]);
    assert!(!serde_json::to_string(&finding).unwrap().contains(VALUE));
    silent("env-file-committed", &[FLASK, MAIN, git, (".env", &env), (".gitignore", ".env\n")]);
    silent("env-file-committed", &[FLASK, MAIN, (".env", &env)]);
    silent("env-file-committed", &[FLASK, MAIN, git, (".env", "DEBUG=1\nPORT=8000\n")]);
}
