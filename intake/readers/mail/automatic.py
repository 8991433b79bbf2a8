"""Mail that nobody wrote at that moment, and mail whose sender is not who he says.

Rules: https://www.rfc-editor.org/rfc/rfc3834 (answering automatically), https://www.rfc-editor.org/rfc/rfc8601
(results of authentication).
"""

import re
from email.message import Message

from intake.readers.mail.headers import field, fields

_NO_REPLY = re.compile(r"(?:no|do[-_.]?not)[-_.]?reply|mailer-daemon|postmaster", re.IGNORECASE)
_RESULT = re.compile(r"\b(dmarc|spf|dkim)\s*=\s*([a-z]+)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")


def is_bounce(mail: Message) -> bool:
    """Whether the mail reports what became of another one."""
    return mail.get_content_type() == "multipart/report"


def why_automatic(mail: Message, sender: str) -> str:
    """The reason as the contract names it, "" for a mail that a person sent.

    X-Auto-Response-Suppress alone says nothing: it asks others not to answer automatically.
    """
    submitted = field(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return "auto_submitted"
    if field(mail, "X-Autoreply") or field(mail, "X-Autorespond") or is_bounce(mail):
        return "auto_submitted"
    precedence = field(mail, "Precedence").lower()
    if precedence == "auto_reply" or field(mail, "Return-Path") == "<>":
        return "auto_submitted"
    if precedence in ("bulk", "junk", "list") or field(mail, "List-Id"):
        return "bulk"
    return "bulk" if _NO_REPLY.match(sender) else ""


def why_not_trusted(mail: Message) -> str:
    """What the receiving server found wrong with the sender, "" if nothing; saying nothing is no failure.

    DMARC decides where it was asked, because it knows which of the other two has to hold: forwarding breaks SPF.
    The topmost results are those of the own server.
    """
    results: dict[str, set[str]] = {}
    dmarc = ""
    for value in fields(mail, "Authentication-Results"):
        for method, result in _RESULT.findall(_COMMENT.sub(" ", value)):
            results.setdefault(method.lower(), set()).add(result.lower())
            if method.lower() == "dmarc" and not dmarc:
                dmarc = result.lower()
    if dmarc == "fail":
        return "dmarc=fail"
    if dmarc == "pass":
        return ""
    return next((f"{method}=fail" for method in ("spf", "dkim") if "fail" in results.get(method, ())), "")
