#!/usr/bin/env bash
# Django with DEBUG = False answers 400 to a host that ALLOWED_HOSTS does not name, and prints nothing of it.
#
# The record exists (django.security.DisallowedHost, an error), and with DEBUG = False the default logging gives errors to
# mail_admins alone. In a container that is a deploy which answers 400 to everybody, and a log without a line that says why. With
# DEBUG = True the same request prints `Invalid HTTP_HOST header`. Seen on CPython 3.11 with Django 5.2.8.
# `shakedown run` therefore looks at the page itself, and asks once more by a name that the settings allow.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install django==5.2.8
cat > tides.py <<'END'
import os
import sys
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

if not settings.configured:
    settings.configure(
        DEBUG=os.environ["SHOW"] == "1", ALLOWED_HOSTS=["tides.example"], ROOT_URLCONF="tides", SECRET_KEY="low water",
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    )
urlpatterns = [path("", lambda request: HttpResponse("high"))]
if __name__ == "__main__":
    request = {"HTTP_HOST": "healthcheck.railway.app"}
    setup_testing_defaults(request)
    get_wsgi_application()(request, lambda status, headers: print(status))
END
venv/bin/python -c 'import django; print("Django", django.__version__)'
SHOW=0 venv/bin/python tides.py > quiet.txt 2>&1
SHOW=1 venv/bin/python tides.py > loud.txt 2>&1
echo "DEBUG = False: $(cat quiet.txt)"
echo "DEBUG = True: $(grep -m1 HTTP_HOST loud.txt)"
[ "$(cat quiet.txt)" = "400 Bad Request" ] || { echo "changed: it prints more now"; exit 1; }
