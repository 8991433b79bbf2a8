"""Every address of the product."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from kpis.api import MissingView

# The console uses the product's own sign-in, so that its limits and the second factor count there too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # the documented way


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Nothing else is asked, so that a slow database never gets a web server restarted."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz),
    path("language/", login_not_required(set_language), name="set_language"),
    path("user/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("kpis.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", login_required(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="api_docs"),
    re_path(r"^api/", MissingView.as_view()),
]
