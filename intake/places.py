"""Where a value of a record is stored: a column, a linked row, the message's text, or among the other fields.

Each place reads and writes one value of one row. `None` always means "known to be empty" or "never stated"; a place
that cannot hold it (a column with a default) says so when it is read back, and the merge remembers the difference.
"""

from typing import Any, Protocol, cast

from django.db.models import Field as Column
from django.db.models import JSONField, Model
from django.db.models.fields import NOT_PROVIDED

from messaging.models import Agent, Conversation, MessageBody
from sellers.blank import empty, lead


class World(Protocol):
    """The rows that a statement may point at; all of them exist before anything is stored."""

    conversations: dict[str, Conversation]
    agents: dict[str, Agent]


class InColumn:
    """The ordinary case."""

    def __init__(self, column: Column) -> None:
        self.name = column.name
        self.columns = [column.name]
        self.json = isinstance(column, JSONField)
        if column.null:
            self.empty: Any = lambda: None
        elif column.default is NOT_PROVIDED:
            self.empty = lambda: ""
        else:
            self.empty = column.default if callable(column.default) else lambda: column.default
        blank = self.empty()
        self.reads_as_none = blank in ("", [], {}, None)

    def load(self, row: Any) -> Any:
        value = getattr(row, self.name)
        if value or not self.reads_as_none:
            return value
        return None if value in ("", [], {}) else value

    def save(self, row: Any, value: Any, world: World) -> None:
        setattr(row, self.name, self.empty() if value is None else value)


class InOthers:
    """Beside the columns, in `extra`: known to the contract, but nothing counts by it."""

    columns = ["extra"]

    def __init__(self, name: str) -> None:
        self.name = name

    def load(self, row: Any) -> Any:
        return row.extra.get(self.name)

    def save(self, row: Any, value: Any, world: World) -> None:
        others = {key: item for key, item in row.extra.items() if key != self.name}
        row.extra = others if value is None else {**others, self.name: value}


class Others:
    """Everything the source sent that the contract does not know, as one value."""

    columns = ["extra"]

    def __init__(self, known: set[str]) -> None:
        self.known = known

    def load(self, row: Any) -> Any:
        return {key: item for key, item in row.extra.items() if key not in self.known} or None

    def save(self, row: Any, value: Any, world: World) -> None:
        known = {key: item for key, item in row.extra.items() if key in self.known}
        row.extra = {**(value or {}), **known}


class InConversation:
    """A link to the conversation with this ID, or to the one that it was merged into."""

    columns = ["conversation"]

    def load(self, row: Any) -> Any:
        if not row.conversation_id:
            return None
        found = row.conversation
        # Merged into a conversation of another system, where the same ID means something else.
        return found.external_id if found.system == row.system else f"{found.system}:{found.external_id}"

    def save(self, row: Any, value: Any, world: World) -> None:
        found = None if value is None else world.conversations[value]
        lead(row, "conversation", found.merged_into if found is not None and found.merged_into_id else found)


class InAgent:
    """A link to the agent with this ID."""

    columns = ["agent"]

    def load(self, row: Any) -> Any:
        return row.agent.external_id if row.agent_id else None

    def save(self, row: Any, value: Any, world: World) -> None:
        lead(row, "agent", None if value is None else world.agents[value])


class InBody:
    """The message's text and what belongs to it, in the table beside the messages."""

    columns: list[str] = []

    def __init__(self, name: str) -> None:
        self.name = name
        self.column = InColumn(column_of(MessageBody, name))

    def load(self, row: Any) -> Any:
        body = loaded_body(row)
        return None if body is None else self.column.load(body)

    def save(self, row: Any, value: Any, world: World) -> None:
        body = loaded_body(row)
        if body is None:
            body = row.loaded_body = empty(MessageBody)
        self.column.save(body, value, world)
        row.body_changed = True


def loaded_body(row: Any) -> MessageBody | None:
    """The text that the writer has put beside the message, stored or new."""
    return getattr(row, "loaded_body", None)


class InShipments:
    """An order's packages, each a row; a statement replaces them all."""

    columns: list[str] = []

    def load(self, row: Any) -> Any:
        return getattr(row, "loaded_shipments", None) or None

    def save(self, row: Any, value: Any, world: World) -> None:
        row.loaded_shipments = value or []
        row.shipments_changed = True


Place = InColumn | InOthers | Others | InConversation | InAgent | InBody | InShipments


def place_of(model: type[Model], name: str, column: str) -> Place:
    """Where the value called `name` of this model is stored."""
    special: dict[tuple[str, str], type[InConversation | InAgent | InShipments]] = {
        ("Message", "conversation_external_id"): InConversation,
        ("SurveyAnswer", "conversation_external_id"): InConversation,
        ("Message", "author_external_id"): InAgent,
        ("Order", "shipments"): InShipments,
    }
    if (model.__name__, name) in special:
        return special[model.__name__, name]()
    if column.startswith("body."):
        return InBody(column.removeprefix("body."))
    if column == "extra":
        return InOthers(name)
    return InColumn(column_of(model, column))


def column_of(model: type[Model], name: str) -> Column:
    """The model's own column of this name."""
    return cast(Column, model._meta.get_field(name))
