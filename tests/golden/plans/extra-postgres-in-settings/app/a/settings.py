ENGINE = "django.db.backends.postgresql"
