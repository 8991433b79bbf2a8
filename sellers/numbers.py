"""Numbers of rows in addresses: only what can be a key reaches the database."""

from django.urls import register_converter


class RowNumber:
    """A whole number from 1 that every database can hold."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(RowNumber, "row_number")
