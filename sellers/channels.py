"""The channels on which buyers write or call; an account names those it expects to hear from."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    AMAZON_MESSAGE = "amazon_message", _("Amazon message")
    EMAIL = "email", _("E-mail")
    LIVE_CHAT = "live_chat", _("Live chat")
    PHONE = "phone", _("Phone")
    MESSENGER = "messenger", "Messenger"
    INSTAGRAM = "instagram", "Instagram"
    LINE = "line", "LINE"
    WHATSAPP = "whatsapp", "WhatsApp"
    SHOPIFY_INBOX = "shopify_inbox", _("Shopify Inbox")
    WEB_FORM = "web_form", _("Web form")
    OTHER = "other", _("Other")


def expected_by_default() -> list[str]:
    """The eight channels that a shop is expected to answer on unless it says otherwise."""
    return [
        Channel.LIVE_CHAT.value,
        Channel.PHONE.value,
        Channel.EMAIL.value,
        Channel.AMAZON_MESSAGE.value,
        Channel.MESSENGER.value,
        Channel.INSTAGRAM.value,
        Channel.LINE.value,
        Channel.WHATSAPP.value,
    ]


def validate_channels(value: Any) -> None:
    """Refuse anything but a list of known channels, each named once."""
    if not isinstance(value, list):
        raise ValidationError(_("A list of channels is needed."))
    for channel in value:
        if channel not in Channel.values:
            raise ValidationError(
                _("There is no channel “%(channel)s”; there are %(known)s."),
                params={"channel": channel, "known": ", ".join(Channel.values)},
            )
    if len(set(value)) != len(value):
        raise ValidationError(_("A channel is named twice."))
