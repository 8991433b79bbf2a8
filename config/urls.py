"""Every address of the product."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.gauges import metrics
from config.health import healthz, readyz
from kpis.api import MissingView

# The console uses the product's own sign-in, so that its limits and the second factor count there too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # the documented way


@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for this name on pages that state no icon, such as the console's."""
    return redirect(static("icons/favicon.svg"), permanent=False)


# Pages fail as pages, the API fails as problem documents.
handler400 = "sellers.api_problems.bad_request"
handler500 = "sellers.api_problems.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("favicon.ico", favicon),
    path("language/", login_not_required(set_language), name="set_language"),
    path("user/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("kpis.urls")),
    path("api/v1/", include("intake.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", login_required(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="api_docs"),
    re_path(r"^api/", MissingView.as_view()),
    path("", include("dashboard.urls")),
]
