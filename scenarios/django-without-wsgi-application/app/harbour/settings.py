ROOT_URLCONF = "harbour.urls"
