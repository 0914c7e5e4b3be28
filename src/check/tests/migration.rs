use super::{fires, silent};

const MAIN: (&str, &str) = ("main.py", "print('up')\n");
const ID: &str = "migration-runs-in-build";

#[test]
fn a_migration_among_the_commands_of_the_build() {
    let build = ("nixpacks.toml", "[phases.build]\ncmds = ['alembic upgrade head']\n");
    fires(ID, "nixpacks.toml:2", &[MAIN, build]);
    let railway = "{\"build\": {\"builder\": \"NIXPACKS\", \"buildCommand\": \"python manage.py migrate\"}}";
    fires(ID, "railway.json:1", &[MAIN, ("railway.json", railway)]);
}

#[test]
fn a_migration_where_the_database_is() {
    silent(ID, &[MAIN, ("Procfile", "web: alembic upgrade head && python main.py\n")]);
    let before =
        "{\"build\": {\"builder\": \"NIXPACKS\"}, \"deploy\": {\"preDeployCommand\": \"alembic upgrade head\"}}";
    silent(ID, &[MAIN, ("railway.json", before)]);
    silent(ID, &[MAIN, ("nixpacks.toml", "[phases.build]\ncmds = ['python manage.py collectstatic --noinput']\n")]);
}

#[test]
fn a_database_that_is_a_file_of_the_image() {
    let build = ("nixpacks.toml", "[phases.build]\ncmds = ['alembic upgrade head']\n");
    let of = |url: &str| format!("[alembic]\nsqlalchemy.url = {url}\n");
    silent(ID, &[MAIN, build, ("alembic.ini", &of("sqlite:///tides.db"))]);
    fires(ID, "nixpacks.toml:2", &[MAIN, build, ("alembic.ini", &of("postgresql://db/tides"))]);
    let either = ("main.py", "import os\nURL = os.environ.get('DATABASE_URL', 'sqlite:///tides.db')\n");
    fires(ID, "nixpacks.toml:2", &[either, build]);
}
