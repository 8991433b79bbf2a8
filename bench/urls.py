"""The product's addresses and that of the yardstick: a page that looks up one row."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import urls
from config.urls import handler400, handler500  # noqa: F401  # Django looks for them here
from sellers.models import SellerAccount


def one_row(request: HttpRequest, key: str) -> HttpResponse:
    """The least that a page of an account can be: one row by its key, signed in like every page."""
    return HttpResponse(SellerAccount.objects.get(key=key).name)


urlpatterns = [path("one-row/<slug:key>", one_row), *urls.urlpatterns]
