"""Storing statements: per system one read of what is there, the merge, then one write for new and one for changed rows.

Runs inside the caller's transaction, together with everything that follows from the rows: replies, turns, verdicts and
marks. Keys are read and written in sorted order, so that two writers wait for each other but never in a ring.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet

from intake.conflicts import settle_conflicts
from intake.contract import RECORD_TYPES
from intake.merge import HELD, Merged, Result
from intake.models import DeleteNotice
from intake.pieces import in_pieces
from intake.places import loaded_body
from intake.record import RecordType
from intake.shipments import load_shipments, write_shipments
from intake.statements import Statement
from intake.touched import Touched
from messaging.events import OPEN
from messaging.models import Agent, Conversation, Message, MessageBody, SurveyAnswer
from orders.models import Order, OrderEvent, PolicyViolation
from sellers.blank import blank, lead
from sellers.bulk import insert_rows, update_rows
from sellers.facts import noting_once
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

CONVERSATION = RECORD_TYPES["conversation"]
# New rows of these are stored once everything that follows from them is known.
JUDGED_FIRST = (Conversation, Message, SurveyAnswer, Order)


def write(
    account: SellerAccount, statements: Sequence[Statement], now: datetime, raw_item_id: int | None
) -> list[Result]:
    """Merge the statements into the account's rows and bring what follows in line; one result for each statement."""
    lock_for_writing(account.id)
    account.refresh_from_db()  # a long import must not go on with a zone or a rule that has changed meanwhile
    results: list[Result] = [Result.UNCHANGED] * len(statements)
    by_system: dict[str, list[int]] = defaultdict(list)
    for position, statement in enumerate(statements):
        by_system[statement.system].append(position)
    touched = Touched()
    with noting_once():
        for system, positions in sorted(by_system.items()):
            writer = SystemWriter(account, system, raw_item_id, touched, now)
            group = writer.write([statements[position] for position in positions])
            for position, result in zip(positions, group, strict=True):
                results[position] = result
        touched.recompute(account, now)
    return results


class SystemWriter:
    """The rows of one account and system that a chunk of statements speaks of."""

    def __init__(
        self, account: SellerAccount, system: str, raw_item_id: int | None, touched: Touched, now: datetime
    ) -> None:
        self.account = account
        self.system = system
        self.raw_item_id = raw_item_id
        self.touched = touched
        self.now = now
        self.conversations: dict[str, Conversation] = Stored(
            Conversation.objects.filter(account=account, system=system).select_related("merged_into")
        )
        self.agents: dict[str, Agent] = Stored(Agent.objects.filter(account=account, system=system))

    def write(self, statements: Sequence[Statement]) -> list[Result]:
        by_type: dict[str, list[tuple[int, Statement]]] = defaultdict(list)
        for position, statement in enumerate(statements):
            by_type[statement.record_type.name].append((position, statement))
        notices = self._notices(statements)
        results = [Result.UNCHANGED] * len(statements)
        self._write_conversations(by_type.pop("conversation", []), statements, notices, results)
        self._write_agents(statements)
        for name, kind in RECORD_TYPES.items():
            if name in by_type:
                self._write_records(kind, by_type[name], notices, results)
        return results

    def _notices(self, statements: Sequence[Statement]) -> dict[tuple[str, str], DeleteNotice]:
        """Delete notices that came before the records this chunk speaks of."""
        ids = sorted({statement.external_id for statement in statements})
        own = DeleteNotice.objects.filter(account=self.account, system=self.system)
        return {
            (notice.record_type, notice.external_id): notice
            for piece in in_pieces(ids)
            for notice in own.filter(external_id__among=piece)
        }

    def _write_conversations(
        self,
        own: Sequence[tuple[int, Statement]],
        statements: Sequence[Statement],
        notices: dict[tuple[str, str], DeleteNotice],
        results: list[Result],
    ) -> None:
        """Conversations, and stubs for those that messages and answers speak of before they are reported."""
        wanted = {statement.external_id for _position, statement in own}
        mentions: list[tuple[str, Statement]] = []
        for statement in statements:
            parent = statement.values.get("conversation_external_id")
            if parent is not None:
                mentions.append((parent, statement))
        wanted.update(parent for parent, _statement in mentions)
        wanted.update(
            notice.values["conversation_external_id"]
            for notice in notices.values()
            if "conversation_external_id" in notice.values
        )
        if not wanted:
            return
        rows = self._load(CONVERSATION, wanted)
        merged = {key: self._merged(CONVERSATION, rows.get(key), key, None) for key in sorted(wanted)}
        for position, statement in own:
            results[position] = _apply(merged[statement.external_id], statement)
        for parent, statement in mentions:
            if statement.about:
                merged[parent].apply_about(statement.version, statement.about)
        self._flush(CONVERSATION, merged.values())
        self.conversations.update((key, one.row) for key, one in merged.items())

    def _write_agents(self, statements: Sequence[Statement]) -> None:
        """People who answer, as messages name them; the newest name stands."""
        names: dict[str, tuple[int, str]] = {}
        for statement in statements:
            key = statement.values.get("author_external_id")
            if key is not None:
                said = statement.about.get("author_name")
                names[key] = max(names.get(key, (0, "")), (statement.version, said) if said else (0, ""))
        if not names:
            return
        stored = Agent.objects.filter(account=self.account, system=self.system).select_for_update()
        for piece in in_pieces(sorted(names)):
            found = stored.filter(external_id__among=piece).order_by("external_id")
            self.agents.update((agent.external_id, agent) for agent in found)
        changed, new = [], []
        for key, (version, name) in sorted(names.items()):
            agent = self.agents.get(key)
            if agent is None:
                agent = Agent(
                    account=self.account, system=self.system, external_id=key, name=name, name_version=version
                )
                new.append(agent)
                self.agents[key] = agent
            elif (version, name) > (agent.name_version, agent.name):
                agent.name_version, agent.name = version, name
                changed.append(agent)
        Agent.objects.bulk_create(new)
        Agent.objects.bulk_update(changed, ["name", "name_version"])

    def _write_records(
        self,
        kind: RecordType,
        own: Sequence[tuple[int, Statement]],
        notices: dict[tuple[str, str], DeleteNotice],
        results: list[Result],
    ) -> None:
        keys = {statement.external_id for _position, statement in own}
        rows = self._load(kind, keys)
        merged = {key: self._merged(kind, rows.get(key), key, notices.get((kind.name, key))) for key in sorted(keys)}
        for position, statement in own:
            results[position] = _apply(merged[statement.external_id], statement)
        whole = {statement.external_id for _position, statement in own if not statement.partial}
        early = [
            one
            for one in merged.values()
            if one.row.id is None and not (one.complete() and one.row.external_id in whole)
        ]
        for one in early:
            del merged[one.row.external_id]
            self._keep_notice(one, notices.get((kind.name, one.row.external_id)))
        self._flush(kind, merged.values())
        settled = [notice.pk for (name, key), notice in notices.items() if name == kind.name and key in merged]
        for piece in in_pieces(settled):
            DeleteNotice.objects.filter(pk__among=piece).delete()

    def _load(self, kind: RecordType, keys: Collection[str]) -> dict[str, Any]:
        """The stored rows with these external IDs, locked, with everything the merge reads."""
        model: Any = kind.model
        rows = model.objects.filter(account=self.account, system=self.system).select_for_update(of=("self",))
        if kind.model is Message:
            rows = rows.select_related("conversation", "agent", "body")
        elif kind.model is SurveyAnswer:
            rows = rows.select_related("conversation")
        elif kind.model is Conversation:
            rows = rows.select_related("merged_into")
        found: dict[str, Any] = {}
        pieces = in_pieces(sorted(keys))
        for row in chain.from_iterable(rows.filter(external_id__among=one).order_by("external_id") for one in pieces):
            row.account = self.account
            # Where it stands now, for the case that it moves.
            row.stood = (
                getattr(row, "conversation_id", None),
                getattr(row, "order_external_id", ""),
                row.buyer_key if kind.model is Order else "",
            )
            found[row.external_id] = row
        if kind.model is Message:
            for row in found.values():
                row.loaded_body = getattr(row, "body", None)
        elif kind.model is Order and found:
            load_shipments(found.values())
        return found

    def _merged(self, kind: RecordType, row: Any, key: str, notice: DeleteNotice | None) -> Merged:
        if row is None:
            row = blank(kind.model, self.account)
            row.system, row.external_id = self.system, key
            if notice is not None:
                row.stated = notice.stated
                for name, value in notice.values.items():
                    if name not in notice.stated.get(HELD, {}):
                        field = kind.bits[name]
                        field.place.save(row, field.from_wire(value), self)
        return Merged(kind, row, self)

    def _keep_notice(self, one: Merged, notice: DeleteNotice | None) -> None:
        one.finish()
        notice = notice or DeleteNotice(
            account=self.account, record_type=one.kind.name, system=self.system, external_id=one.row.external_id
        )
        values = {name: field.to_wire(one.value(field)) for name, field in one.kind.bits.items()}
        notice.stated = one.row.stated
        notice.values = {name: value for name, value in values.items() if value is not None and name != "external_id"}
        notice.save()

    def _flush(self, kind: RecordType, merged: Iterable[Merged]) -> None:
        """Write new rows, changed rows, and rows of which only the versions moved (those mark nothing)."""
        new: list[Any] = []
        changed: list[Any] = []
        restated: list[Any] = []
        columns: set[str] = set()
        rows = []
        merged = list(merged)
        for one in merged:
            row = one.row
            moved = one.finish()
            if row.id is None:
                row.raw_item_id = self.raw_item_id
                new.append(row)
            elif one.columns:
                row.raw_item_id = self.raw_item_id
                columns |= one.columns
                changed.append(row)
            elif moved and _day_follows_versions(row):
                changed.append(row)
            elif moved:
                restated.append(row)
                if _opening_follows_versions(row):
                    self.touched.add(row)
            rows.append(row)
        manager = kind.model._default_manager
        if kind.model in JUDGED_FIRST:
            self.touched.fresh.add(kind.model, new)
        elif issubclass(kind.model, OrderEvent):
            self.touched.fresh.add(kind.model, [row for row in new if row.order_external_id])  # judged with their order
            manager.bulk_create([row for row in new if not row.order_external_id])
        else:
            manager.bulk_create(new)
        if kind.model is Conversation:
            self.touched.new_conversations.update((row.id, row) for row in new)
        if changed:
            # The day may be cut from any of several columns, so it is always written along.
            manager.bulk_update(changed, sorted({*columns, *kind.model.days, "stated", "raw_item_id"}))
        update_rows(kind.model, restated, ["stated"], DEFAULT_DB_ALIAS)
        if kind.model is Message:
            _write_bodies(rows)
        elif kind.model is Order:
            write_shipments(rows, self.touched.fresh, self.now)
        settle_conflicts(self.account, merged, self.raw_item_id, self.now)
        for row in chain(new, changed):
            self.touched.add(row)
        for row in changed:
            self._add_where_it_stood(row)
        if kind.model is Message:
            # A new conversation into which a stored message moves is itself one that has messages in the database.
            self.touched.fresh.store(Conversation, [row.conversation for row in changed])
        if kind.model is Order:
            for row in rows:
                if getattr(row, "shipments_changed", False):
                    self.touched.add(row)

    def _add_where_it_stood(self, row: Any) -> None:
        conversation_id, order_id, buyer_key = row.stood
        if isinstance(row, Message) and conversation_id:
            self.touched.conversations.add(conversation_id)
        elif isinstance(row, OrderEvent) and order_id:
            self.touched.orders.add(order_id)
        elif isinstance(row, Order) and buyer_key and buyer_key != row.buyer_key:
            self.touched.former_buyers.add(buyer_key)


class Stored(dict[str, Any]):
    """Rows by their external ID; one that no statement of this chunk has brought along is read when it is asked for."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__()
        self.rows = rows

    def __missing__(self, key: str) -> Any:
        self[key] = self.rows.get(external_id=key)
        return self[key]


def _apply(merged: Merged, statement: Statement) -> Result:
    """Merge what the source says, then what a person decided over it."""
    result = merged.apply(statement)
    if statement.pins:
        merged.pin(statement.pins)
    if statement.repins:
        merged.repin(statement.repins)
    if statement.unpins:
        merged.unpin(statement.unpins)
    if statement.again:
        merged.settle_again(statement.again)
    return result


def _day_follows_versions(row: Any) -> bool:
    """Whether the day of a row may move although nothing was said but that it is still so."""
    return isinstance(row, PolicyViolation) and row.opened_at is None and row.opened_on is None


def _opening_follows_versions(row: Any) -> bool:
    """Whether a conversation that has ended may be open again although its status is the one it began with.

    Somebody may have said so only now.
    """
    return isinstance(row, Conversation) and row.status in OPEN and (row.resolved_at or row.closed_at) is not None


def _write_bodies(messages: Iterable[Message]) -> None:
    new: list[MessageBody] = []
    changed: list[MessageBody] = []
    for message in messages:
        body = loaded_body(message)
        if body is None or not getattr(message, "body_changed", False):
            continue
        (changed if body.message_id else new).append(body)
        lead(body, "message", message)
    insert_rows(MessageBody, new, DEFAULT_DB_ALIAS)
    update_rows(MessageBody, changed, ["text", "chars", "truncated", "attachments"], DEFAULT_DB_ALIAS)
