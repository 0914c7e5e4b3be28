//! How the app starts: of Django, the web frameworks and the main files the last that holds.

use crate::project::Source;

use super::super::decode::Placed;
use super::super::messages::Log;
use super::Provider;

const UVICORN: &str = "uvicorn main:app --host 0.0.0.0 --port ${PORT:-8000}";
const GUNICORN: &str = "gunicorn --bind 0.0.0.0:${PORT:-8000} main:app";

impl Provider<'_> {
    pub(super) fn start(&self, log: &mut Log) -> Option<Placed<String>> {
        let mut start = self.django(log);
        let Some(main) = self.main_file() else { return start };
        // `main:app` whatever the main file is called.
        for (framework, server, command) in
            [("python-fasthtml", "uvicorn", UVICORN), ("fastapi", "uvicorn", UVICORN), ("flask", "gunicorn", GUNICORN)]
        {
            if let Some(source) = self.uses(framework).filter(|_| self.uses(server).is_some()) {
                start = Some(Placed { value: command.to_owned(), source });
            }
        }
        start.or_else(|| Some(Placed { value: format!("python {main}"), source: self.app.project.file(main) }))
    }

    fn django(&self, log: &mut Log) -> Option<Placed<String>> {
        if !self.app.has("manage.py") {
            return None;
        }
        self.uses("django")?;
        let named = self.env.config("DJANGO_APP_NAME");
        let named = named.map(|(name, variable)| (name.to_owned(), Source::Variable(variable)));
        let (name, source) = named.or_else(|| self.app.signs().wsgi.clone()).filter(|(name, _)| !name.is_empty())?;
        log.info(format!("Using Django app: {name}"));
        let command = format!("python manage.py migrate && gunicorn --bind 0.0.0.0:${{PORT:-8000}} {name}:application");
        Some(Placed { value: command, source })
    }
}
