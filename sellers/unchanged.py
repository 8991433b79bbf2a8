"""Pages that browsers and this process may keep: unchanged, they cost one query instead of all their figures."""

import hashlib
from collections.abc import Callable
from functools import cache, partial, wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.session import SessionStorage
from django.core.cache import caches
from django.db import router
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import condition

from sellers.changes import Change, version

# It must be asked about before it is shown again, and no shared cache may keep it.
KEPT = "private, max-age=0, must-revalidate"
MINUTE = 60
PROGRAM = ("*.py", "*.html", "*.mo")

View = Callable[..., HttpResponse]


def revalidated(view: View) -> View:
    """Let browsers keep the page and ask whether it is still the same.

    For pages that show what is in the database and nothing of what buyers wrote. What time alone changes on them, such
    as how many are late now, is at most a minute old, as it is on a page that stays open.
    """

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        tag = etag(request)
        made = partial(view, request, *args, **kwargs)
        # Without the cookie of forms the page sets one, which is for its reader alone.
        if tag and settings.CSRF_COOKIE_NAME in request.COOKIES:
            made = partial(_made_once, f"{tag} {request.build_absolute_uri()}", made)
        response: HttpResponse = condition(etag_func=lambda _request: tag)(lambda _request: made())(request)
        if "ETag" in response:
            response["Cache-Control"] = KEPT
            patch_vary_headers(response, ["Cookie"])
        return response

    return kept


def _made_once(question: str, make: Callable[[], HttpResponse]) -> HttpResponse:
    """The page as it was made for the same question at the same number, or made now and kept for the rest of a minute.

    It is kept in the memory of this process: it names people, and needs no copy elsewhere.
    """
    pages, key = caches["pages"], hashlib.sha256(question.encode()).hexdigest()
    body = pages.get(key)
    if body is not None:
        return HttpResponse(body)
    response = make()
    if response.status_code == 200 and type(response) is HttpResponse and not response.cookies:
        pages.set(key, response.content)
    return response


def etag(request: HttpRequest) -> str | None:
    """What the answer to this request depends on, in short; none where it says something that is said only once.

    Rights are read from the primary database and figures perhaps from its replica, so both have a say.
    """
    if request.session.get(SessionStorage.session_key) or request.COOKIES.get(CookieStorage.cookie_name):
        return None
    parts = (
        *map(version, dict.fromkeys([router.db_for_read(Change), router.db_for_write(Change)])),
        int(timezone.now().timestamp()) // MINUTE,
        program(),
        request.user.pk,
        get_language(),
        *(request.COOKIES.get(name) for name in ("theme", settings.CSRF_COOKIE_NAME)),
    )
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


@cache
def program() -> str:
    """A digest of the program: after an upgrade no page is the same."""
    digest = hashlib.sha256()
    for room in ("config", "dashboard", "intake", "kpis", "locale", "messaging", "orders", "sellers", "templates"):
        for path in sorted(one for kind in PROGRAM for one in Path(settings.BASE_DIR / room).rglob(kind)):
            digest.update(path.read_bytes())
    return digest.hexdigest()
