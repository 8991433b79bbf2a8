"""Who wrote a comment of Zendesk's: what the comment, its ticket and the rest of its file prove, and nothing else.

A page of events names authors by number. Proofs, the surest first: a rule wrote it; the author's role, beside the
comment or in a list of users; a private note is an agent's; the author is the ticket's requester, or its assignee; a
ticket that came by mail or chat begins with words of its requester. Where all are silent, the comment is set aside.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from intake.codes import ErrorCode, Problem
from intake.readers.nodes import Node
from intake.readers.pages import Beside

BUYER, AGENT, SYSTEM_AUTHOR = "buyer", "agent", "system"
ROLES = {"end-user": BUYER, "end user": BUYER, "agent": AGENT, "admin": AGENT, "system": SYSTEM_AUTHOR}
NOBODY = "-1"  # the author of what a rule writes
RULES = frozenset({"rule", "trigger", "automation", "system"})
# Ways in on which nobody but the requester, or somebody for him, can begin a ticket.
REQUESTERS_OWN = frozenset({
    "mail", "email", "chat", "messaging", "native_messaging", "mobile", "mobile_sdk", "web_widget", "voicemail",
    "facebook", "facebook messenger", "facebook_messenger", "whatsapp", "line", "instagram direct", "instagram_dm",
})  # fmt: skip
MOST_KNOWN = 200_000  # people of one file; what is said of more is not held
UNKNOWN = (
    "nothing says whether a buyer or an agent wrote this: put the list of users into the same file, or add "
    '"author": {"role": "agent"} or {"role": "end-user"} to the comment'
)
AUTHORS = "authors"  # the word under which what was learned is kept beside an element


def author_of(comment: Node, *, ticket: Node | None = None, update: Node | None = None) -> str:
    """What kind of author wrote this; `ticket` or `update` is where it stands. Raises Problem where nothing says."""
    if spoken_by_rule(comment):
        return SYSTEM_AUTHOR
    author = comment.ident("author_id") or _within(comment, "author", "id")
    place = ticket or update
    learned = _learned(place).get(author or "")
    said = _role(comment, "author") or learned or (_role_in(ticket, author) if ticket is not None else None)
    if said is not None:
        return said
    if comment.flag("public") is False:
        return AGENT
    requester = (_requester(ticket) if ticket is not None else None) or (update and _requester_named(update))
    if author is not None and requester is not None and author == requester:
        return BUYER
    if ticket is not None and requester is not None and author is not None and author not in _in_copy(ticket):
        return AGENT
    if update is not None and _begins(update):
        return BUYER
    raise Problem(ErrorCode.MISSING_REQUIRED, UNKNOWN, "author")


def spoken_by_rule(comment: Node) -> bool:
    """Whether no person wrote it."""
    way = comment.get("via")
    channel = way.get("channel") if isinstance(way, dict) else way
    rule = isinstance(channel, str) and channel.lower() in RULES
    return rule or comment.ident("author_id") == NOBODY


def learn(elements: Iterator[tuple[str, Any]]) -> Beside:
    """Read what a file proves about people, and say for each element what it proves about the authors in it."""
    roles: dict[str, str] = {}
    staff: set[str] = set()
    requesters: set[tuple[str, str]] = set()
    for name, value in elements:
        try:
            if isinstance(value, dict) and len(roles) + len(staff) + len(requesters) < MOST_KNOWN:
                _learn_from(name, Node(value), roles, staff, requesters)
        except Problem:
            continue  # what is wrong with the element is said when its turn comes

    def beside(name: str, value: Any) -> Mapping[str, str]:
        if name != "ticket_events" or not isinstance(value, dict):
            return {}
        known: dict[str, str] = {}
        try:
            ticket = Node(value).ident("ticket_id") or ""
            for comment in Node(value).all("child_events"):
                author = comment.ident("author_id")
                if author in roles:
                    known[author] = roles[author]
                elif author in staff:
                    known[author] = AGENT
                elif author is not None and (ticket, author) in requesters:
                    known[author] = BUYER
        except Problem:
            return {}
        return {AUTHORS: json.dumps(known)} if known else {}

    return beside


def _learn_from(
    name: str, node: Node, roles: dict[str, str], staff: set[str], requesters: set[tuple[str, str]]
) -> None:
    if name == "users":
        role = ROLES.get((node.text("role") or "").lower())
        if role is not None:
            roles[node.needed("id")] = role
    elif name == "ticket_events":
        ticket = node.ident("ticket_id") or ""
        for comment in node.all("child_events"):
            author = comment.ident("author_id")
            if author is None or spoken_by_rule(comment):
                continue
            if comment.flag("public") is False:
                staff.add(author)
            elif _begins(node) or _requester_named(node) == author:
                requesters.add((ticket, author))
    elif name == "tickets":
        assignee, requester = node.ident("assignee_id"), _requester(node)
        if assignee is not None:
            staff.add(assignee)
        if requester is not None:
            requesters.add((node.needed("id"), requester))


def _begins(update: Node) -> bool:
    """Whether this update is the beginning of a ticket that its requester wrote."""
    way = update.get("via")
    channel = way.get("channel") if isinstance(way, dict) else way
    if not isinstance(channel, str) or channel.lower() not in REQUESTERS_OWN:
        return False
    return any((event.text("event_type") or event.text("type")) == "Create" for event in update.all("child_events"))


def _requester_named(update: Node) -> str | None:
    """The requester, where the update that creates the ticket names it."""
    return next((found for event in update.all("child_events") if (found := event.ident("requester_id"))), None)


def _requester(ticket: Node) -> str | None:
    return ticket.ident("requester_id") or _within(ticket, "requester", "id")


def _role_in(ticket: Node, author: str | None) -> str | None:
    """The role of one of the people whom a ticket of the full export describes."""
    for who in ("requester", "assignee", "submitter"):
        if author is not None and _within(ticket, who, "id") == author and (role := _role(ticket, who)):
            return role
    return AGENT if author is not None and author == ticket.ident("assignee_id") else None


def _role(node: Node, who: str) -> str | None:
    """What a person's role makes of him, where it is written beside."""
    found = node.get(who)
    if not isinstance(found, dict):
        return None
    person = Node(found)
    staff = person.flag("is_staff")
    if staff is not None:
        return AGENT if staff else BUYER
    return ROLES.get((person.text("role") or "").lower())


def _within(node: Node, who: str, name: str) -> str | None:
    found = node.get(who)
    return Node(found).ident(name) if isinstance(found, dict) else None


def _in_copy(ticket: Node) -> frozenset[str]:
    """People who may write although they are neither the requester nor staff."""
    lists = (ticket.get(name) for name in ("collaborator_ids", "follower_ids", "email_cc_ids"))
    return frozenset(str(one) for found in lists if isinstance(found, list) for one in found)


def _learned(place: Node | None) -> dict[str, str]:
    try:
        found = json.loads(place.stored.get(AUTHORS, "{}")) if place is not None else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
