"""A day's conversations: what buyers ask, when and how they are answered, what they say in the survey."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from intake.demo.scene import AT_ONCE, DAY_SECONDS, HOUR, Placed, Scene, stamp
from intake.demo.texts import LANGUAGES, TOPICS, WRONG_TEMPLATE

UNANSWERED = 0.4  # of the conversations without an answer, those whose survey is reported all the same

PRE_SALE = "Question before buying"
FAULTY = "Damaged or faulty"

# How fast people answer where buyers expect it at once: the median in seconds of opening hours.
QUICK = {"phone": 35, "live_chat": 100, "messenger": 1100, "instagram": 1300, "line": 900, "whatsapp": 1000}
PRIORITIES = {"normal": 72, "low": 12, "high": 12, "urgent": 4}
SCALES = {"stars": (1, 5, 4), "ten": (1, 10, 8)}  # lowest and highest rating, and where "satisfied" begins

Record = dict[str, Any]


def conversation(scene: Scene, number: int) -> Iterator[Record]:
    """The records of one conversation that begins on the scene's day: itself, its messages, its survey answers."""
    thread = _Thread(scene, f"c-{scene.day:%Y%m%d}-{number:03d}")
    thread.run()
    if not thread.messages:
        return  # it begins after the data ends
    system = scene.profile.system_of(thread.channel)
    for record in (thread.itself(), *thread.messages, *thread.answers):
        yield {"system": system, **record}


class _Thread:
    """Tells one conversation from its first message on; whatever would happen after the data ends is left out."""

    def __init__(self, scene: Scene, key: str) -> None:
        self.scene, self.key = scene, key
        self.chance, self.dice, self.conduct = scene.chance, scene.dice, scene.conduct
        self.language = LANGUAGES[scene.profile.language]
        self.agent = self.chance.pick(scene.profile.agents)
        self.channel = self.chance.weighted(scene.profile.channels)
        self.scene = scene = scene.as_heard_by(scene.profile.system_of(self.channel))
        self.placed, self.topic = self._about()
        self.order_id = self.placed.id if self.placed else None
        self.priority = self.chance.weighted(PRIORITIES)
        self.spam = False
        self.messages: list[Record] = []
        self.answers: list[Record] = []
        self.replies: list[tuple[str, datetime]] = []  # a person's public replies to the buyer, by message ID
        self.changes: list[tuple[datetime, str, str]] = []  # when, status, who
        self.reopened = 0
        self.last_at = datetime.min.replace(tzinfo=UTC)

    def _about(self) -> tuple[Placed | None, str]:
        if not self.scene.orders or self.chance.hits(0.2):
            return None, PRE_SALE if self.chance.hits(0.7) else self.chance.weighted(TOPICS)
        if self.conduct.bad_sku and self.chance.hits(0.4):
            return self.chance.pick(self.scene.orders), FAULTY
        topic = self.chance.weighted(TOPICS)
        return (None if topic == PRE_SALE else self.chance.pick(self.scene.orders)), topic

    def run(self) -> None:
        at = self.scene.open_moment() if self.channel in AT_ONCE else self.scene.buyer_moment()
        if self.channel not in AT_ONCE and self.chance.hits(0.008):
            self._advertise(at)
            return
        if self.chance.hits(0.04):
            at = self._seller_first(at)
        replied_at = self._wait(at, self.language.asks[self.topic], self.language.answers[self.topic], first=True)
        if replied_at is not None and self.chance.hits(0.14):
            pause = 240 if self.channel in AT_ONCE else 2 * HOUR
            again_at = replied_at + timedelta(seconds=self.chance.seconds(pause))
            replied_at = self._wait(again_at, self.language.more, self.language.more_answers)
        if replied_at is not None:
            self._finish(replied_at)
        elif self.chance.hits(0.5):
            self._change(at + timedelta(days=10), "closed", "system")

    def _advertise(self, at: datetime) -> None:
        """What nobody answers because it is no buyer's question: it is marked as spam and counts nowhere."""
        self.topic, self.order_id, self.placed = "", None, None
        self._say(at, "buyer", self.language.spam)
        self.spam = True
        self._change(self.scene.after_work(at, self.chance.seconds(HOUR)), "spam", "agent")

    def _seller_first(self, at: datetime) -> datetime:
        """An agent opens the thread; the survey under such a message does not count until the buyer wrote."""
        wrote_at = self.scene.after_work(at, 60)
        asked_by = self._say(wrote_at, "agent", self.language.greeting)
        if self.chance.hits(0.25):
            self._answer(asked_by, wrote_at, self.chance.hits(0.8))
        return wrote_at + timedelta(seconds=self.chance.seconds(5 * HOUR))

    def _wait(
        self, asked_at: datetime, asks: tuple[str, ...], answers: tuple[str, ...], *, first: bool = False
    ) -> datetime | None:
        """A buyer asks and waits; returns when a person replied, None if nobody does before the data ends."""
        self._say(asked_at, "buyer", self.chance.pick(asks))
        if self.scene.clock.wall(asked_at).date() in self.scene.bot_days or (
            first and self.scene.profile.bot and self.chance.hits(0.3)
        ):
            met_at = asked_at + timedelta(seconds=self.chance.whole(5, 40))
            self._say(met_at, "bot", self.language.bot, automatic=True, automatic_reason="bot")
        elif first and self.chance.hits(0.07):
            received_at = asked_at + timedelta(seconds=self.chance.whole(3, 60))
            reason = "auto_submitted" if self.scene.profile.amazon else "rule"
            self._say(received_at, "system", self.language.received, automatic=True, automatic_reason=reason)
        replied_at = self._reply_at(asked_at)
        if self.chance.hits(0.12):
            nudged_at = asked_at + timedelta(seconds=self.chance.seconds(3 * HOUR))
            if replied_at is None or nudged_at < replied_at:
                self._say(nudged_at, "buyer", self.chance.pick(self.language.nudges))
        if replied_at is None or not self.scene.seen(replied_at):
            return None
        if self.chance.hits(0.03):
            noted_at = asked_at + (replied_at - asked_at) / 2
            self._say(noted_at.replace(microsecond=0), "agent", self.language.note, internal=True)
        if not first and self.chance.hits(0.3):
            self.agent = self.chance.pick(self.scene.profile.agents)  # often a colleague takes over
        text = WRONG_TEMPLATE if self.conduct.wrong_template else self.chance.pick(answers)
        self.replies.append((self._say(replied_at, "agent", text), replied_at))
        return replied_at

    def _reply_at(self, asked_at: datetime) -> datetime | None:
        """When a person replies: in opening hours, mostly soon; late or never as often as the conduct says."""
        if self.dice.hits("silent", self.conduct.silent_share):
            return None
        if self.dice.hits("late", self.conduct.late_share):
            late_at = asked_at + timedelta(seconds=DAY_SECONDS + self.chance.seconds(9 * HOUR, 0.8))
            return self.scene.after_work(late_at, 0)
        if self.channel in QUICK:
            work = self.chance.seconds(QUICK[self.channel], 0.6)
        else:
            work = self.chance.seconds(self.conduct.reply_seconds)
        replied_at = self.scene.after_work(asked_at, work)
        if replied_at - asked_at >= timedelta(days=1) and not self.scene.closed_between(asked_at, replied_at):
            # How much is late is settled above; long work of an open desk is done in time.
            replied_at = self.scene.after_work(asked_at, self.chance.between(600, 3600))
        return replied_at

    def _finish(self, replied_at: datetime) -> None:
        end_at = replied_at
        if self.chance.hits(0.11):
            thanked_at = replied_at + timedelta(seconds=self.chance.seconds(HOUR))
            who = "platform" if self.scene.profile.amazon else "agent"
            text = self.chance.pick(self.language.thanks)
            self._say(thanked_at, "buyer", text, needs_reply=False, needs_reply_source=who)
            end_at = thanked_at
        if self.chance.hits(0.9):
            resolved_at = end_at + timedelta(seconds=self.chance.seconds(HOUR))
            self._change(resolved_at, "resolved", "agent")
            if self.chance.hits(0.04):
                self._reopen(resolved_at)
        elif self.chance.hits(0.5):
            self._change(end_at + timedelta(days=self.chance.whole(3, 9)), "closed", "agent")  # and not resolved
        if self.dice.hits("answers", self.conduct.answer_share):
            self._survey()
        elif self.dice.hits("unanswered-surveys", UNANSWERED):
            self._offer()
        if self.scene.profile.csat and self.chance.hits(0.25):
            self._rating()

    def _reopen(self, resolved_at: datetime) -> None:
        again_at = resolved_at + timedelta(seconds=self.chance.seconds(2 * DAY_SECONDS, 0.5))
        if self.scene.seen(again_at):
            self.reopened += 1
        self._change(again_at, "open", "buyer")
        replied_at = self._wait(again_at, self.language.more, self.language.more_answers)
        if replied_at is not None:
            self._change(replied_at + timedelta(seconds=self.chance.seconds(HOUR)), "resolved", "agent")

    def _survey(self) -> None:
        """Yes or no to "did this solve your problem?"; now and then a buyer answers twice, and the later one counts."""
        solved = self.dice.hits("solved", self.conduct.solved_share)
        if self.chance.hits(0.07):
            asked_by, asked_at = self.replies[0]
            first_at = self._answer(asked_by, asked_at, (not solved) if self.chance.hits(0.7) else solved)
            asked_by, asked_at = self.replies[-1]
            self._answer(asked_by, max(asked_at, first_at), solved)
        else:
            self._answer(*self.replies[-1], solved)

    def _answer(self, asked_by: str, asked_at: datetime, solved: bool) -> datetime:
        answered_at = asked_at + timedelta(seconds=self.chance.seconds(4 * HOUR))
        if self.scene.seen(answered_at):
            comment = self.chance.pick(self.language.good if solved else self.language.bad)
            self._add_answer(
                answered_at,
                kind="solved",
                message_external_id=asked_by,
                asked_at=stamp(asked_at),
                answered_at=stamp(answered_at),
                solved=solved,
                comment=(comment or None) if self.chance.hits(0.3) else None,
            )
        return answered_at

    def _offer(self) -> None:
        """The survey was shown under the last reply, and the buyer never answered it."""
        asked_by, asked_at = self.replies[-1]
        if self.scene.seen(asked_at):
            self._add_answer(asked_at, kind="solved", message_external_id=asked_by, asked_at=stamp(asked_at))

    def _rating(self) -> None:
        """A rating is offered after the last reply, on the account's own scale; not everybody gives one."""
        asked_by, asked_at = self.replies[-1]
        if not self.scene.seen(asked_at):
            return
        answered_at = asked_at + timedelta(seconds=self.chance.seconds(6 * HOUR))
        given = self.chance.hits(0.4) and self.scene.seen(answered_at)
        satisfied = self.chance.hits(self.conduct.solved_share)
        self._add_answer(
            answered_at if given else asked_at,
            kind="thumbs" if self.scene.profile.csat == "thumbs" else "csat",
            message_external_id=asked_by,
            asked_at=stamp(asked_at),
            **({"answered_at": stamp(answered_at), **self._rated(satisfied)} if given else {}),
        )

    def _rated(self, satisfied: bool) -> Record:
        scale = SCALES.get(self.scene.profile.csat)
        if scale is None:
            return {"solved": satisfied, "value_raw": "👍" if satisfied else "👎"}
        low, high, from_ = scale
        given = self.chance.whole(from_, high) if satisfied else self.chance.whole(low, from_ - 1)
        return {"value_number": given, "value_raw": str(given), "scale_min": low, "scale_max": high}

    def _add_answer(self, updated_at: datetime, **fields: Any) -> None:
        key = f"s-{self.key}-{len(self.answers) + 1}"
        common = {"conversation_external_id": self.key, "order_external_id": self.order_id}
        common["agent_external_id"] = self._agent_id()
        self.answers.append(self.scene.record("survey_answer", key, updated_at, **common, **fields))

    def _say(self, at: datetime, author: str, text: str, *, internal: bool = False, **fields: Any) -> str:
        """Add a message if it is sent before the data ends; returns its ID either way."""
        key = f"{self.key}-{len(self.messages) + 1}"
        if not self.scene.seen(at):
            return key
        direction = "inbound" if author == "buyer" else "internal" if internal else "outbound"
        if author == "agent":
            fields |= {"author_external_id": self._agent_id(), "author_name": self.agent}
        if internal:
            fields["visibility"] = "internal"
        self.messages.append(
            self.scene.record(
                "message",
                key,
                at,
                conversation_external_id=self.key,
                sent_at=stamp(at),
                author_kind=author,
                direction=direction,
                body_text=text,
                **fields,
            )
        )
        self.last_at = max(self.last_at, at)
        return key

    def _agent_id(self) -> str:
        return f"agent-{self.scene.profile.agents.index(self.agent) + 1}"

    def _change(self, at: datetime, status: str, who: str) -> None:
        if self.scene.seen(at):
            self.changes.append((at, status, who))

    def itself(self) -> Record:
        """The conversation as it stands when the data ends."""
        self.changes.sort(key=lambda change: change[0])
        status = self.changes[-1][1] if self.changes else ("pending" if self.replies else "open")
        ends = [change for change in self.changes if change[1] in ("resolved", "closed")]
        updated_at = max([self.last_at, *(change[0] for change in self.changes)])
        last = {name: stamp(at) for at, name, _who in ends}
        return self.scene.record(
            "conversation",
            self.key,
            updated_at,
            channel=self.channel,
            opened_at=self.messages[0]["sent_at"],
            status=status,
            resolved_at=last.get("resolved"),
            closed_at=last.get("closed"),
            reopened_count=self.reopened or None,
            status_events=[{"at": stamp(at), "status": name, "actor_kind": who} for at, name, who in self.changes]
            or None,
            subject=self.topic or None,
            topic=self.topic or None,
            priority=None if self.spam else self.priority,
            language=self.scene.profile.language,
            order_external_ids=[self.order_id] if self.order_id else None,
            buyer_key=self.placed.buyer_key if self.placed else self.scene.buyer_key(self.key),
            assignee_external_id=self._agent_id() if self.replies else None,
            assignee_name=self.agent if self.replies else None,
        )
