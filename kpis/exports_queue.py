"""The reply queue and the return requests as tables for files: every line, in the order of the page."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from kpis.files import Table
from kpis.queue import Queue, Wait
from kpis.return_queue import Request, ReturnQueue
from kpis.sheets import Cell, Heading

MOST = 100_000  # more return requests of the last 30 days than anybody has


def queue_table(queue: Queue) -> Table:
    """Everybody who waits, in constant memory. Moments are on the clock of each line's account, with their offset."""
    titles = [
        _("Account"), _("Account key"), _("Conversation"), _("Subject"), _("Channel"), _("Priority"), _("Topic"),
        _("Language"), _("Owner"), _("Opened"), _("Seconds allowed"), _("Due by its target"), _("24 hours end"),
        _("Due"), _("Seconds left"), _("Address on the platform"),
    ]  # fmt: skip
    asked = {
        _("Channel"): queue.wanted.channel, _("Topic"): queue.wanted.topic, _("Language"): queue.wanted.language,
        _("Owner"): queue.wanted.owner, _("Time left"): queue.wanted.group,
    }  # fmt: skip
    filters = [(_("Filter: %(name)s") % {"name": name}, said) for name, said in asked.items() if said]
    return _table("queue", _("Who waits"), queue, filters, titles, (_wait(wait) for wait in queue))


def _wait(wait: Wait) -> list[Cell]:
    zone = wait.account.zone
    return [
        wait.account.name, wait.account.key, wait.conversation, wait.subject, wait.channel, wait.priority, wait.topic,
        wait.language, wait.assignee, wait.opened_at.astimezone(zone), wait.target_seconds,
        wait.target_due_at.astimezone(zone), wait.due_at.astimezone(zone), wait.deadline.astimezone(zone),
        wait.left.days * 86_400 + wait.left.seconds, wait.url,
    ]  # fmt: skip


def returns_table(queue: ReturnQueue) -> Table:
    """Every return request without an answer."""
    titles = [
        _("Account"), _("Account key"), _("Order"), _("Return"), _("Reason"), _("Comment"), _("Due"), _("Seconds left"),
    ]  # fmt: skip
    rows = (_request(request) for request in queue.pressing(0, MOST))
    return _table("returns", _("Return requests"), queue, [], titles, rows)


def _request(request: Request) -> list[Cell]:
    account = request.account
    return [
        account.name, account.key, request.order, request.number, request.reason, request.comment,
        request.due_at.astimezone(account.zone), request.seconds_left,
    ]  # fmt: skip


def _table(
    what: str,
    title: str,
    queue: Queue | ReturnQueue,
    filters: Sequence[tuple[str, Cell]],
    titles: Sequence[str],
    rows: Iterable[Sequence[Cell]],
) -> Table:
    whose = [(_("Account"), f"{one.name} ({one.key})") for one in queue.accounts if len(queue.accounts) == 1]
    headings = [Heading(title) for title in titles]
    return Table(f"{what}-{queue.now:%Y-%m-%d-%H%M}", title, [*whose, *filters], headings, rows, None)
