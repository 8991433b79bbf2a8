"""When a signed-in person has to sign in again: after a while without a click, and after a day in any case."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

SIGNED_IN = "signed_in_at"
SEEN = "seen_at"
# The session is rewritten at most this often: a write per click would queue behind imports on SQLite.
REMEMBER_EVERY_SECONDS = 60


class SessionLimitsMiddleware:
    """Ends sessions by SESSION_LIMITS; staff, who can change facts, have the shorter limits."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._apply(request, int(time.time()))
        return self.get_response(request)

    def _apply(self, request: HttpRequest, now: int) -> None:
        idle_seconds, whole_seconds = settings.SESSION_LIMITS["staff" if request.user.is_staff else "member"]
        signed_in_at = request.session.setdefault(SIGNED_IN, now)
        seen_at = request.session.setdefault(SEEN, now)
        if now - seen_at > idle_seconds or now - signed_in_at > whole_seconds:
            logout(request)
        elif now - seen_at >= REMEMBER_EVERY_SECONDS:
            request.session[SEEN] = now
