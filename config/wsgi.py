"""The door for web servers: `gunicorn --config python:config.gunicorn config.wsgi`."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("PROCESS", "web")

application = get_wsgi_application()

from config.checks import serious_errors  # noqa: E402  # the checks need the apps that the line above has loaded

if _errors := serious_errors():
    raise ImproperlyConfigured(" ".join(_errors))
