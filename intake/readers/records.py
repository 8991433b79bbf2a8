"""How a reader writes down a record of the contract."""

from typing import Any


def record(type: str, external_id: str, /, **values: Any) -> dict[str, Any]:
    """A record of the contract that says nothing about what the source says nothing about."""
    said = {name: value for name, value in values.items() if value is not None}
    return {"type": type, "external_id": external_id, **said}


def item(**values: Any) -> dict[str, Any]:
    """An article of an order, a package or a return."""
    return {name: value for name, value in values.items() if value is not None}
