WSGI_APPLICATION = 'x.application'
ENGINE='django_psdb_engine'
