"""Accounts, people, what lets them in, and the audit log, in the console."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sellers.admin import accounts, audit, calendars, people, switches
from sellers.admin.borrowed import name_columns

__all__ = ["accounts", "audit", "calendars", "people", "switches"]

admin.site.site_header = admin.site.site_title = _("Staygreen console")
admin.site.index_title = _("Look up, repair, administer")
admin.site.empty_value_display = "–"
name_columns()
