"""The house: settings, addresses, Celery and the `up` command. Importing it makes shared tasks find their app."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
