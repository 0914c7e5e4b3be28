"django.db.backends.postgresql"
