"""Channels on which buyers have stopped writing, in words and with where to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import ngettext

from dashboard import words
from kpis.catalogue.channels import channel_diversity
from kpis.channels import SilentChannel, silent_channels
from kpis.metrics import Metric
from kpis.rows import labels
from sellers.models import SellerAccount


@dataclass(frozen=True)
class Silence:
    """An account with its silent channels, the longest silent first."""

    account: SellerAccount
    channels: Sequence[SilentChannel]

    @property
    def metric(self) -> Metric:
        """The figure that shows which channels are in use."""
        return channel_diversity

    @property
    def sentences(self) -> list[str]:
        """Since when each channel is silent, and how much came in on it before."""
        names = labels(channel_diversity.fact.model, channel_diversity.by)
        return [
            ngettext(
                "%(channel)s: nothing since %(day)s, %(count)d conversation in the ninety days before.",
                "%(channel)s: nothing since %(day)s, %(count)d conversations in the ninety days before.",
                one.conversations,
            )
            % {
                "channel": names.get(one.channel, one.channel),
                "day": words.long_day(one.last_day),
                "count": one.conversations,
            }
            for one in self.channels
        ]


def silences(accounts: Sequence[SellerAccount], on: dict[int, date]) -> list[Silence]:
    """Of these accounts, those with a silent channel on their report day, in the given order. One query."""
    found = silent_channels(accounts, on)
    return [Silence(account, found[account.id]) for account in accounts if found[account.id]]
