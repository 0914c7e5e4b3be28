WSGI_APPLICATION = 'site.wsgi.application'
ENGINE='django.db.backends.mysql'
