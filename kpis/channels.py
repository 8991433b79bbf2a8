"""Channels that have fallen silent: buyers wrote there until lately, and no longer do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Q

from kpis.catalogue.channels import channel_diversity
from kpis.metrics import Window
from sellers.models import SellerAccount

SILENT_DAYS = 7
BEFORE_DAYS = 90


@dataclass(frozen=True, slots=True)
class SilentChannel:
    """An expected channel without a conversation in the last seven days that had some in the ninety days before."""

    channel: str
    last_day: date  # on which a conversation began there last
    conversations: int  # in the ninety days before the silence


def silent_channels(accounts: Sequence[SellerAccount], on: dict[int, date]) -> dict[int, list[SilentChannel]]:
    """The silent channels of each account as of the end of its report day, longest silent first. One query.

    A silence may be a connection that broke: what nobody sends is in no other figure.
    """
    fact = channel_diversity.fact
    by_day = defaultdict(list)
    for account in accounts:
        by_day[on[account.id]].append(account.id)
    within, recent = Q(pk__in=[]), Q(pk__in=[])
    for day, ids in by_day.items():  # few: yesterday in each zone
        lately = Window.ending(day, SILENT_DAYS)
        before = Window.ending(lately.first - timedelta(days=1), BEFORE_DAYS)
        within |= Q(account__among=ids, **{f"{fact.day}__range": (before.first, lately.last)})
        recent |= Q(account__among=ids, **{f"{fact.day}__range": (lately.first, lately.last)})
    rows = (
        fact.model._base_manager.filter(within & fact.rows & channel_diversity.counted.condition)
        .order_by()
        .values_list("account_id", channel_diversity.by)
        .annotate(all=Count("pk"), recent=Count("pk", filter=recent), last=Max(fact.day))
    )
    found: dict[int, list[SilentChannel]] = {account.id: [] for account in accounts}
    expected = {account.id: set(getattr(account, channel_diversity.expected_from)) for account in accounts}
    for account_id, channel, conversations, lately_begun, last_day in rows:
        if not lately_begun and channel in expected[account_id]:
            found[account_id].append(SilentChannel(channel, last_day, conversations))
    return {key: sorted(silent, key=lambda one: (one.last_day, one.channel)) for key, silent in found.items()}
