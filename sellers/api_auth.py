"""Who calls the API, what they may do, how often, and which accounts exist for them."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.core.cache import caches
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from sellers.models import AccountQuerySet, ApiToken, SellerAccount, User

if TYPE_CHECKING:  # the views import this module through the settings, so they cannot be imported here
    from rest_framework.views import APIView

KEY = re.compile(rb"sg_[0-9a-f]{64}")  # REST_KNOX's prefix and 256 random bits
NOTE_USE_EVERY = timedelta(minutes=1)  # a busy token costs one write a minute


def token_of(request: Request) -> ApiToken | None:
    """The token that the request came with; None for a person who signed in."""
    return cast("ApiToken | None", request.auth)


def accounts_for(request: Request) -> AccountQuerySet:
    """The accounts that exist for this caller."""
    return SellerAccount.objects.visible_to(request.user, token_of(request))


def writable_for(request: Request) -> AccountQuerySet:
    """The accounts whose facts this caller may change."""
    return SellerAccount.objects.writable_by(request.user, token_of(request))


class TokenAuthentication(KnoxAuthentication):
    """`Authorization: Bearer KEY`. Only a digest of the key is stored, and the digest finds the token.

    Unlike Knox's own, expired tokens stay (the console shows what expired), use is noted, and a key of any other form
    is refused before the database sees it.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        now = timezone.now()
        found = self._find(token)
        if found is None or (found.expiry is not None and found.expiry <= now) or not found.user.is_active:
            raise AuthenticationFailed(_("The token is unknown, expired or revoked, or its owner is not active."))
        note_use(found, now)
        return found.user, found

    @staticmethod
    def _find(token: bytes) -> ApiToken | None:
        if not KEY.fullmatch(token):
            return None
        return ApiToken.objects.select_related("user").filter(digest=hash_token(token.decode())).first()


def note_use(token: ApiToken, now: datetime) -> None:
    """Remember when the token was last used, to the minute."""
    stale = now - NOTE_USE_EVERY
    if token.last_used_at is None or token.last_used_at < stale:
        unless_noted = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        ApiToken.objects.filter(unless_noted, pk=token.pk).update(last_used_at=now)


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema describes the token."""

    target_class = "sellers.api_auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Bearer")  # noqa: S106


class ScopePermission(BasePermission):
    """A token needs the scope that the view names in `required_scope`; a signed-in person acts by membership.

    A view that names no scope is closed to tokens.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        token = token_of(request)
        if token is None:
            return True
        scope = getattr(view, "required_scope", None)
        if scope is None or scope not in token.scopes:
            raise PermissionDenied(_("The token does not have the scope for this."), code="scope")
        return True


class CallerThrottle(SimpleRateThrottle):
    """Counts requests by token, else by person, else by address. The rate is REST_FRAMEWORK's for `caller`."""

    scope = "caller"
    cache = caches["rates"]

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        token = token_of(request)
        if token is not None:
            return f"throttle:token:{token.pk[:32]}"
        if request.user.is_authenticated:
            return f"throttle:user:{request.user.pk}"
        return f"throttle:address:{self.get_ident(request)}"


class TokenError(ValueError):
    """A token that cannot be made as asked, in one sentence."""


def make_token(
    name: str, owner: User, accounts: Sequence[SellerAccount], scopes: Collection[str], expires_in: timedelta | None
) -> tuple[ApiToken, str]:
    """A new token and its key, which is shown this once. Raises TokenError."""
    unknown = set(scopes) - set(ApiToken.Scope.values)
    if unknown or not scopes:
        raise TokenError(f"Scopes are {' and '.join(ApiToken.Scope.values)}, not “{','.join(sorted(unknown))}”.")
    hidden = {account.key for account in accounts} - set(
        SellerAccount.objects.visible_to(owner).values_list("key", flat=True)
    )
    if hidden:
        raise TokenError(f"{owner} may not see {', '.join(sorted(hidden))}, so no token of theirs may.")
    if not owner.is_active:
        raise TokenError(f"{owner} is not active, so no token of theirs would be accepted.")
    if not 0 < len(name) <= 80:
        raise TokenError("A token needs a name of at most 80 characters.")
    with transaction.atomic():
        token, key = ApiToken.objects.create(user=owner, expiry=expires_in, name=name, scopes=sorted(set(scopes)))
        token.accounts.set(accounts)
    return token, key
