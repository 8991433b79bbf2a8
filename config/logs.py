"""Log lines: one per record, UTC, with the request's id; nothing in a record can forge a second line."""

import logging
import time

from config import request_id

CONTROL = {code: f"\\x{code:02x}" for code in [*range(32), 127, *range(128, 160), 0x2028, 0x2029]}
CONTROL[ord("\n")] = "\\n"
CONTROL[ord("\t")] = "\\t"


class OneLineFormatter(logging.Formatter):
    """`2026-01-01T08:00:00Z WARNING kpis.sweep [request id] message`; a traceback follows with its newlines escaped."""

    converter = staticmethod(time.gmtime)  # type: ignore[assignment]  # the base class has a plain function here

    def __init__(self) -> None:
        super().__init__(fmt="%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        known = request_id.current()
        return f"{line} [{known}]" if known else line

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(CONTROL)
