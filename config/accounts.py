"""How people get in: by invitation only."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):
    """Nobody signs up alone: an administrator makes the user and gives the memberships."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
