#!/usr/bin/env bash
# SQLAlchemy 2.1 takes psycopg for a URL that begins with `postgresql://`, where 2.0 took psycopg2, and no longer brings greenlet.
#
# The URL is the platform's, so that nothing in the project changed: `sqlalchemy` without a version and `psycopg2-binary` beside it ended well until
# 2.1.0, and now with
#
#   ModuleNotFoundError: No module named 'psycopg'
#
# (default_driver of sqlalchemy/dialects/postgresql). The package of that name alone is a second failure, since it looks for a libpq that slim images
# lack: it takes psycopg[binary], `postgresql+psycopg2://`, or `sqlalchemy<2.1`. `sqlalchemy.ext.asyncio` asks for greenlet when it is imported
# (sqlalchemy/util/concurrency.py), and that is now in the extra `asyncio` alone. The rule `missing-python-module` says both, and adds
# psycopg[binary], where it added psycopg and then psycopg-c, which is compiled. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
cat > tell.py <<'TXT'
from importlib.metadata import version

import sqlalchemy

said = [f"SQLAlchemy {version('sqlalchemy')}"]
try:
    said.append("postgresql:// is " + sqlalchemy.create_engine("postgresql://tide@db/tides").dialect.driver)
except ModuleNotFoundError as error:
    said.append(f"postgresql://: {error}")
try:
    from sqlalchemy.ext.asyncio import create_async_engine

    said.append("asyncio is " + create_async_engine("postgresql+asyncpg://tide@db/tides").dialect.driver)
except ImportError as error:
    said.append(f"asyncio: {error.__cause__ or error}")
print("; ".join(said))
TXT
for release in 2.0.58 2.1.9; do
  python3 -m venv --clear venv
  venv/bin/pip --quiet --disable-pip-version-check install "sqlalchemy==$release" psycopg2-binary==2.9.13 asyncpg==0.32.0
  venv/bin/python tell.py | tee -a found.txt
done
cat > expected.txt <<'TXT'
SQLAlchemy 2.0.58; postgresql:// is psycopg2; asyncio is asyncpg
SQLAlchemy 2.1.9; postgresql://: No module named 'psycopg'; asyncio: No module named 'greenlet'
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
