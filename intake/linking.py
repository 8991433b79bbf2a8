"""Finding the threads of mails that name none: copies of answers that were typed in Seller Central.

A copy lies in the thread with its token, else in the one about its order, else in the one in which a buyer of its name
wrote within the seven days before. Where two fit it lies in neither: it is set aside, as it is while none fits.

Where a copy lies depends on which mails of the account are there, not on the order in which they came: every mail
brings its clues, and every copy that shares one with a new mail is placed anew. So a copy leaves its thread again when
a second one turns out to fit as well.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from intake.codes import ErrorCode, Problem
from intake.fields import Cleaning
from intake.merge import PINNED
from intake.models import MailClue, RejectedRow
from intake.pieces import in_pieces
from intake.rows import Clue, Row
from intake.sentences import keep
from intake.statements import Statement, read_statement
from intake.touched import Touched
from intake.vault import seal, unseal
from intake.writing import write
from messaging.models import Conversation, Message
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

QUESTION_AGE = timedelta(days=7)  # a question is at most so much older than the copy of its answer
DUPLICATE_AGE = timedelta(hours=2)  # between an answer by mail and the copy of it
PARENT = "conversation_external_id"
CLUES = ("kind", "conversation_external_id", "sent_at", "token", "order_external_id", "name_key", "text_key")


@dataclass(frozen=True, slots=True)
class Found:
    """A row of a chunk that brings clues, and what it states."""

    row: Row
    statement: Statement

    @property
    def clue(self) -> Clue:
        assert self.row.clue is not None  # noqa: S101  # rows without are not asked
        return self.row.clue


class Linking:
    """The clues of one chunk of an account's rows, in the chunk's transaction: first `place`, then `finish`."""

    def __init__(self, account: SellerAccount, now: datetime, raw_item_id: int | None) -> None:
        self.account = account
        self.now = now
        self.raw_item_id = raw_item_id
        self.threads: set[tuple[str, str]] = set()  # system and ID of those in which a copy or an answer is new or gone

    def place(self, found: Sequence[Found]) -> list[str | Problem]:
        """Keep the clues of these rows, and place every copy that they concern; the threads of those among these rows.

        Copies of earlier chunks are moved at once. Those of this one are for the caller to store.
        """
        lock_for_writing(self.account.id)
        kept = self._keep(found)
        own = [kept[one.statement.system, one.statement.external_id] for one in found if one.clue.kind == Clue.COPY]
        numbers = {clue.pk for clue in own}
        verdicts = {clue.pk: self._thread(clue) for clue in own}
        for clue in own:
            self._leave(clue, verdicts[clue.pk])
        for clue in self._concerned(kept.values()):
            if clue.pk not in numbers:
                self._move(clue)
        return [verdicts[clue.pk] for clue in own]

    def finish(self) -> None:
        """Say of each copy in the threads concerned whether an answer by mail says the same."""
        touched = Touched()
        by_system: dict[str, list[str]] = defaultdict(list)
        for system, thread in sorted(self.threads):
            by_system[system].append(thread)
        for system, threads in by_system.items():
            for piece in in_pieces(threads):
                self._mark_duplicates(system, piece, touched)
        touched.recompute(self.account, self.now)

    def _keep(self, found: Sequence[Found]) -> dict[tuple[str, str], MailClue]:
        """Store the clues. What an earlier reading of a copy knew stays known: a person may have added it."""
        kept: dict[tuple[str, str], MailClue] = {}
        for piece in in_pieces(sorted({one.statement.external_id for one in found})):
            for known in MailClue.objects.filter(account=self.account, message_external_id__in=piece):
                kept[known.system, known.message_external_id] = known
        new: list[MailClue] = []
        changed: list[MailClue] = []
        for one in found:
            key = (one.statement.system, one.statement.external_id)
            clue = kept.get(key)
            if clue is None:
                clue = MailClue(account=self.account, system=key[0], message_external_id=key[1])
                kept[key] = clue
                new.append(clue)
            elif clue.pk:
                changed.append(clue)
            self._learn(clue, one)
        MailClue.objects.bulk_create(new)
        MailClue.objects.bulk_update(changed, [*CLUES, "raw_item", "pointer", "sealed"], batch_size=500)
        wanted = {(one.statement.system, one.statement.external_id) for one in found}
        return {key: clue for key, clue in kept.items() if key in wanted}

    def _learn(self, clue: MailClue, found: Found) -> None:
        said, copy = found.clue, found.clue.kind == Clue.COPY
        clue.kind, clue.sent_at = said.kind, said.sent_at
        for name in ("token", "order_external_id", "name_key", "text_key"):
            setattr(clue, name, getattr(said, name) or (getattr(clue, name) if copy else ""))
        if copy:
            clue.sealed = seal(json.dumps(_as_kept(found.row)).encode())
            if found.row.pointer and self.raw_item_id is not None:
                clue.raw_item_id, clue.pointer = self.raw_item_id, found.row.pointer
        else:
            clue.conversation_external_id = found.statement.values[PARENT]
            if said.kind == Clue.REPLY:
                self.threads.add((clue.system, clue.conversation_external_id))

    def _concerned(self, clues: Iterable[MailClue]) -> list[MailClue]:
        """The copies that may lie elsewhere because of these mails: they share a token, an order or a name."""
        found: dict[int, MailClue] = {}
        copies = MailClue.objects.filter(account=self.account, kind=Clue.COPY)
        mails = [clue for clue in clues if clue.kind != Clue.COPY]
        for piece in in_pieces(sorted({clue.token for clue in mails} - {""})):
            found.update((clue.pk, clue) for clue in copies.filter(token__in=piece))
        for piece in in_pieces(sorted({clue.order_external_id for clue in mails} - {""})):
            found.update((clue.pk, clue) for clue in copies.filter(order_external_id__in=piece))
        questions = [clue for clue in mails if clue.kind == Clue.QUESTION and clue.name_key]
        if questions:
            asked = [clue.sent_at for clue in questions]
            lately = copies.filter(sent_at__range=(min(asked), max(asked) + QUESTION_AGE))
            for piece in in_pieces(sorted({clue.name_key for clue in questions})):
                found.update((clue.pk, clue) for clue in lately.filter(name_key__in=piece))
        return sorted(found.values(), key=lambda clue: (clue.sent_at, clue.message_external_id))

    def _thread(self, copy: MailClue) -> str | Problem:
        """The one thread that a copy fits, or why it lies in none."""
        mails = MailClue.objects.filter(account=self.account, system=copy.system).exclude(kind=Clue.COPY)
        lately = Q(kind=Clue.QUESTION, sent_at__range=(copy.sent_at - QUESTION_AGE, copy.sent_at))
        for known, fitting in (
            (copy.token, Q(token=copy.token)),
            (copy.order_external_id, Q(order_external_id=copy.order_external_id)),
            (copy.name_key, Q(name_key=copy.name_key) & lately),
        ):
            if known:
                threads = mails.filter(fitting).order_by().values_list("conversation_external_id", flat=True).distinct()
                one_each = self._merged(copy.system, sorted(threads))
                if len(one_each) == 1:
                    return one_each[0]
                if one_each:
                    message = f"it fits {len(one_each)} conversations; merge them, or add the order's ID to the text"
                    return Problem(ErrorCode.AMBIGUOUS_CONVERSATION, message, PARENT)
        message = "no mail of its conversation has come yet; it is tried again with every new one"
        return Problem(ErrorCode.AMBIGUOUS_CONVERSATION, message, PARENT)

    def _merged(self, system: str, threads: Sequence[str]) -> list[str]:
        """One ID for those that a person has merged into one."""
        rows = Conversation.objects.filter(account=self.account, system=system, external_id__in=threads)
        targets = {key: merged or own for key, own, merged in rows.values_list("external_id", "pk", "merged_into")}
        by_target: dict[Any, str] = {}
        for thread in threads:
            by_target.setdefault(targets.get(thread, thread), thread)
        return list(by_target.values())

    def _leave(self, copy: MailClue, verdict: str | Problem) -> bool:
        """Take a copy out of the thread where it lies no longer; False where a person's decision keeps it there."""
        wanted = "" if isinstance(verdict, Problem) else verdict
        before = copy.conversation_external_id
        if before == wanted:
            return True
        if before:
            message = Message.objects.filter(
                account=self.account, system=copy.system, external_id=copy.message_external_id
            ).first()
            if message is not None:
                if message.excluded or PINNED in message.stated:
                    return False
                touched = Touched()
                touched.add(message)
                message.account = self.account
                message.delete()
                touched.recompute(self.account, self.now)
            self.threads.add((copy.system, before))
        if wanted:
            self.threads.add((copy.system, wanted))
        copy.conversation_external_id = wanted
        copy.save(update_fields=["conversation_external_id"])
        return True

    def _move(self, copy: MailClue) -> None:
        """Bring a copy of an earlier chunk where it belongs now."""
        verdict = self._thread(copy)
        wanted = "" if isinstance(verdict, Problem) else verdict
        if wanted == copy.conversation_external_id or not self._leave(copy, verdict) or copy.sealed is None:
            return
        kept = json.loads(unseal(bytes(copy.sealed)))
        if isinstance(verdict, Problem):
            self._set_aside(copy, kept, verdict)
            return
        statement = read_statement(kept["record"], cleaning=Cleaning(self.now), defaults=kept["defaults"])
        statement.values[PARENT] = verdict
        write(self.account, [statement], self.now, copy.raw_item_id)
        open_rows = RejectedRow.objects.filter(
            account=self.account, state=RejectedRow.State.OPEN, code=ErrorCode.AMBIGUOUS_CONVERSATION,
            record_type="message", external_id=copy.message_external_id,
        )  # fmt: skip
        open_rows.update(state=RejectedRow.State.RESOLVED, resolved_at=self.now)

    def _set_aside(self, copy: MailClue, kept: Mapping[str, Any], problem: Problem) -> None:
        """A copy that lay in a thread is a row that waits for a person now."""
        if copy.raw_item_id is None:
            return  # what it came in is gone, and with it the row's place
        values = {
            "account": self.account, "code": problem.code, "field": problem.field, "message": problem.message,
            "message_kept": keep(problem.message),
            "record_type": "message", "external_id": copy.message_external_id, "state": RejectedRow.State.OPEN,
            "resolved_by": None, "resolved_at": None,
        }  # fmt: skip
        RejectedRow.objects.update_or_create(
            raw_item_id=copy.raw_item_id,
            pointer=copy.pointer,
            defaults=values,
            create_defaults={
                **values, "row_text": kept["text"], "context": kept["context"], "created_at": self.now,
            },
        )  # fmt: skip

    def _mark_duplicates(self, system: str, threads: list[str], touched: Touched) -> None:
        clues = MailClue.objects.filter(
            account=self.account, system=system, conversation_external_id__in=threads, kind__in=[Clue.COPY, Clue.REPLY]
        )
        copies: list[MailClue] = []
        replies: dict[tuple[str, str], list[MailClue]] = defaultdict(list)
        for clue in clues:
            if clue.kind == Clue.COPY:
                copies.append(clue)
            elif clue.text_key:
                replies[clue.conversation_external_id, clue.text_key].append(clue)
        rows = Message.objects.filter(account=self.account, system=system)
        stored = {
            row.external_id: row
            for piece in in_pieces([copy.message_external_id for copy in copies])
            for row in rows.filter(external_id__in=piece)
        }
        changed = []
        for copy in copies:
            row = stored.get(copy.message_external_id)
            if row is None:
                continue
            original = _original(copy, replies[copy.conversation_external_id, copy.text_key])
            others = {name: value for name, value in row.extra.items() if name != "duplicate_of_external_id"}
            extra = others if original is None else {**others, "duplicate_of_external_id": original}
            if extra != row.extra:
                row.account, row.extra = self.account, extra
                changed.append(row)
                touched.add(row)
        Message.objects.bulk_update(changed, ["extra"])


def _original(copy: MailClue, replies: Iterable[MailClue]) -> str | None:
    """The answer by mail that a copy repeats: of the same text, the nearest in time."""
    near = [
        (abs(reply.sent_at - copy.sent_at), reply.sent_at, reply.message_external_id)
        for reply in replies
        if abs(reply.sent_at - copy.sent_at) <= DUPLICATE_AGE
    ]
    return min(near)[2] if near else None


def _as_kept(row: Row) -> dict[str, Any]:
    """A copy as it can be stored again later, and as its row would be set aside."""
    defaults = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.defaults.items()
    }
    said = {name: value for name, value in defaults.items() if isinstance(value, str)}
    return {"record": row.record, "defaults": defaults, "text": row.text, "context": {"source": "email", **said}}
