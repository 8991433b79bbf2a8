"""The addresses of the browser pages."""

from django.urls import path

from dashboard import assessing, connecting, correcting, finding, importing, noting, reporting, switching, views
from intake import urls as _numbers  # noqa: F401  # it registers the numbers of addresses
from kpis import urls as _converters  # noqa: F401  # it registers the days of addresses

urlpatterns = [
    path("", views.fleet, name="fleet"),
    path("switch/", switching.switch, name="switch"),
    path("metrics/", views.definitions_page, name="definitions"),
    path("metrics/<slug:metric>/", views.passport_page, name="passport"),
    path("system/", views.system, name="system"),
    path("you/", views.you, name="you"),
    path("reports/", reporting.reports, name="reports"),
    path("reports/<local_day:day>/", reporting.report, name="report"),
    path("connections/", connecting.listing, name="connections"),
    path("connections/new/", connecting.new, name="connection_new"),
    path("connections/<row_number:number>/", connecting.one, name="connection"),
    path("connections/<row_number:number>/<slug:step>/", connecting.step, name="connection_step"),
    path("imports/", importing.listing, name="imports"),
    path("imports/new/", importing.new, name="import_new"),
    path("imports/new/account/", importing.new_account, name="account_new"),
    path("imports/<row_number:number>/", importing.one, name="import"),
    path("imports/<row_number:number>/progress/", importing.progress_of, name="import_progress"),
    path("imports/<row_number:number>/rejects/", importing.rejects, name="rejects"),
    path("imports/<row_number:number>/do/<slug:step>/", importing.step, name="import_step"),
    path("accounts/<slug:key>/rejects/", importing.account_rejects, name="account_rejects"),
    path("accounts/<slug:key>/rejects/<row_number:number>/<slug:step>/", importing.reject_step, name="reject_step"),
    path("accounts/<slug:key>/", views.account, name="account"),
    path("accounts/<slug:key>/assessment/", assessing.assessment, name="assessment"),
    path("accounts/<slug:key>/corrections/", correcting.listing, name="corrections"),
    path("accounts/<slug:key>/corrections/<int:number>/", correcting.one, name="correction"),
    path("accounts/<slug:key>/corrections/<int:number>/<slug:step>/", correcting.step, name="correction_step"),
    path("accounts/<slug:key>/conflicts/<int:number>/<slug:decision>/", correcting.decide, name="conflict_decision"),
    path("accounts/<slug:key>/correct/<slug:table>/<int:row>/", correcting.propose, name="correct"),
    path("accounts/<slug:key>/notes/", noting.listing, name="notes"),
    path("accounts/<slug:key>/notes/new/", noting.new, name="note_new"),
    path("accounts/<slug:key>/notes/<row_number:number>/", noting.one, name="note"),
    path("accounts/<slug:key>/notes/<row_number:number>/remove/", noting.remove, name="note_remove"),
    path("accounts/<slug:key>/find/", finding.find, name="find"),
    path("accounts/<slug:key>/conversations/<row_number:number>/", finding.conversation, name="conversation"),
    path("accounts/<slug:key>/orders/<row_number:number>/", finding.order, name="order"),
    path("accounts/<slug:key>/weeks/", reporting.weeks, name="weeks"),
    path("accounts/<slug:key>/weeks/<local_day:ends_on>/", views.week, name="week"),
    path("accounts/<slug:key>/<slug:metric>/", views.metric, name="metric"),
    path("accounts/<slug:key>/<slug:metric>/definition/", views.account_passport_page, name="account_passport"),
    path("accounts/<slug:key>/<slug:metric>/rows.csv", views.rows_csv, name="rows_csv"),
    path("accounts/<slug:key>/<slug:metric>/breakdown.csv", views.breakdown_csv, name="breakdown_csv"),
]
