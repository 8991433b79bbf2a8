"""How long buyers wait for an answer: by message as Amazon counts, and by turn as a buyer feels it."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import contacts, turns
from kpis.metrics import Rule, Share, Times
from kpis.targets import AtLeast, AtMost, Below
from messaging.models import Author, Reply

GROUP = _("Response")

DUE = Q(reply__in=[Reply.ON_TIME, Reply.LATE, Reply.NONE])
ANSWERED = Q(reply__in=[Reply.ON_TIME, Reply.LATE])
PENDING = Q(reply=Reply.PENDING)
NOT_YET_DUE = (PENDING, _("Not answered yet, but not 24 hours old"))
UNANSWERED = (Q(reply=Reply.NONE), _("Not answered, so there is no time to measure"))

CONTACT_RESPONSE = "https://sellercentral.amazon.com/gp/help/external/200549770?language=en-US"
FIRST_REPLY = "https://www.plain.com/docs/product/platform/first-response-time.md"

late_response_rate = Share(
    slug="late_response_rate",
    title=_("Late responses"),
    help=_(
        "Of the buyer messages that needed an answer, the share answered after 24 hours or not at all. Weekends and "
        "holidays count; automatic replies are no answer; a message younger than 24 hours is not counted yet."
    ),
    group=GROUP,
    fact=contacts,
    of=DUE,
    hit=Q(reply__in=[Reply.LATE, Reply.NONE]),
    open=PENDING,
    left_out=(
        NOT_YET_DUE,
        (Q(reply=Reply.DELETED), _("Deleted at the source")),
        (Q(needs_reply=False), _("Marked as needing no reply")),
        (Q(automatic=True), _("An automatic message")),
        (Q(author_kind=Author.BUYER), _("Not a public message to the seller")),
    ),
    sides=(_("Late or unanswered"), _("Answered in time"), _("Left out")),
    rule=Rule(days=30, target=Below(limit="10", goal="8")),
    source=CONTACT_RESPONSE,
)

within_24h_rate = Share(
    slug="within_24h_rate",
    title=_("Answered within 24 hours"),
    short=_("Within 24 h"),
    help=_(
        "Of the turns in which a buyer waited, the share answered within 24 hours of the first waiting message. "
        "Several messages in a row are one turn. Weekends and holidays count."
    ),
    group=GROUP,
    fact=turns,
    of=DUE,
    hit=Q(reply=Reply.ON_TIME),
    open=PENDING,
    left_out=(NOT_YET_DUE,),
    sides=(_("Answered in time"), _("Late or unanswered"), _("Left out")),
    rule=Rule(days=30, target=AtLeast(limit="90", goal="92")),
    source=CONTACT_RESPONSE,
)

first_response_time = Times(
    slug="first_response_time",
    title=_("First response time"),
    short=_("First reply"),
    help=_(
        "From the buyer's first message to the first reply by a person, in conversations that the buyer started; one "
        "time for each conversation. Automatic replies do not count."
    ),
    group=GROUP,
    fact=turns,
    among=Q(first=True),
    of=ANSWERED,
    column="reply_seconds",
    open=PENDING,
    left_out=(NOT_YET_DUE, UNANSWERED),
    sides=(_("Answered"), "", _("Left out")),
    rule=Rule(days=30),
    source=FIRST_REPLY,
)

average_response_time = Times(
    slug="average_response_time",
    title=_("Average response time"),
    short=_("Average reply"),
    help=_(
        "The mean time buyers waited in all answered turns, with the median and the slowest tenth beside it, because "
        "one forgotten message can rule the mean."
    ),
    group=GROUP,
    fact=turns,
    of=ANSWERED,
    column="reply_seconds",
    open=PENDING,
    left_out=(NOT_YET_DUE, UNANSWERED),
    sides=(_("Answered"), "", _("Left out")),
    rule=Rule(days=30, target=AtMost(limit="86400", goal="43200")),
    source=CONTACT_RESPONSE,
)
