use super::{fires, silent};

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");
const VALUE: &str = "k3jHs8LmQ2wXv9Tz";

#[test]
fn secrets_in_configuration() {
    let config = format!("[variables]\nBOT_TOKEN = \"{VALUE}\"\n");
    let told = fires("secret-in-config", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &config)]);
    assert!(!serde_json::to_string(&told).unwrap().contains(VALUE));
    let start =
        "{\"deploy\": {\"startCommand\": \"DATABASE_URL=postgres://u:hunter22@db.example.org/x python main.py\"}}";
    let told = fires("secret-in-config", "railway.json:1", &[FLASK, MAIN, ("railway.json", start)]);
    assert!(!serde_json::to_string(&told).unwrap().contains("hunter22"));
    for harmless in ["your-token-here", "${BOT_TOKEN}", "changeme", "<token>", ""] {
        let config = format!(
            "[variables]\nBOT_TOKEN = \"{harmless}\"\nTOKENIZERS_PARALLELISM = \"false\"\nPYTHONUNBUFFERED = \"1\"\n"
        );
        silent("secret-in-config", &[FLASK, MAIN, ("nixpacks.toml", &config)]);
    }
}

#[test]
fn an_env_file_that_git_does_not_ignore() {
    let env = format!("DEBUG=1\nSECRET_KEY={VALUE}\n");
    let git = (".git/HEAD", "ref: refs/heads/main\n");
    let told = fires("env-file-committed", ".env:2", &[FLASK, MAIN, git, (".env", &env)]);
    assert!(!serde_json::to_string(&told).unwrap().contains(VALUE));
    silent("env-file-committed", &[FLASK, MAIN, git, (".env", &env), (".gitignore", ".env\n")]);
    silent("env-file-committed", &[FLASK, MAIN, (".env", &env)]);
    silent("env-file-committed", &[FLASK, MAIN, git, (".env", "DEBUG=1\nPORT=8000\n")]);
}
