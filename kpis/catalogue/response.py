"""How long buyers wait for an answer: by message as Amazon counts, and by turn as a buyer feels it."""

from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import contacts, turns
from kpis.catalogue.windows import over
from kpis.metrics import Rule, Share, Times
from kpis.targets import AtLeast, AtMost, Below
from messaging.models import Author, Reply
from orders.models import OfficialMetric

GROUP = _("Response")

DUE = Q(reply__in=[Reply.ON_TIME, Reply.LATE, Reply.NONE])
ANSWERED = Q(reply__in=[Reply.ON_TIME, Reply.LATE])
PENDING = Q(reply=Reply.PENDING)
NOT_YET_DUE = (PENDING, _("Not answered yet, but not 24 hours old"))
UNANSWERED = (Q(reply=Reply.NONE), _("Not answered, so there is no time to measure"))
NO_CALENDAR = (ANSWERED, _("No business hours were set for that time"))
NOT_WAITING = (
    (Q(reply=Reply.DELETED), _("Deleted at the source")),
    (Q(reply=Reply.EXCLUDED), _("Excluded by a person")),
    (Q(reply=Reply.SPAM), _("Marked as spam")),
    (Q(needs_reply=False), _("Marked as needing no reply")),
    (Q(automatic=True), _("An automatic message")),
    (Q(author_kind=Author.BUYER), _("Not a public message to the seller")),
)

CONTACT_RESPONSE = "https://sellercentral.amazon.com/gp/help/external/200549770?language=en-US"
DURATIONS = "https://support.zendesk.com/hc/en-us/articles/4408834848154"
BUSINESS_HOURS = "https://support.zendesk.com/hc/en-us/articles/5654110765338"
TARGETS = "https://support.zendesk.com/hc/en-us/articles/4408829459866"
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
    left_out=(NOT_YET_DUE, *NOT_WAITING),
    sides=(_("Late or unanswered"), _("Answered in time"), _("Left out")),
    rule=Rule(days=30, target=Below(limit="10", goal="8")),
    official=Q(metric=OfficialMetric.LATE_RESPONSE_RATE),
    source=CONTACT_RESPONSE,
)

late_response_rate_7d = over(late_response_rate, 7, _("Late responses, 7 days"))
late_response_rate_90d = over(late_response_rate, 90, _("Late responses, 90 days"))

over_24h_rate = replace(
    late_response_rate,
    slug="over_24h_rate",
    title=_("Answered after 24 hours"),
    short=_("Over 24 h"),
    help=_(
        "The first part of the late responses: of the buyer messages that needed an answer, the share that got one "
        "only after 24 hours."
    ),
    hit=Q(reply=Reply.LATE),
    sides=(_("Answered late"), _("In time or unanswered"), _("Left out")),
    rule=Rule(days=30),
    parts_of="late_response_rate",
    official=None,
)

no_response_rate = replace(
    late_response_rate,
    slug="no_response_rate",
    title=_("Never answered"),
    short=_("No response"),
    help=_(
        "The second part of the late responses: of the buyer messages that needed an answer, the share that is older "
        "than 24 hours and has none."
    ),
    hit=Q(reply=Reply.NONE),
    sides=(_("Unanswered"), _("Answered"), _("Left out")),
    rule=Rule(days=30),
    parts_of="late_response_rate",
    official=None,
)

contact_response_time = Times(
    slug="contact_response_time",
    title=_("Response time by message"),
    short=_("By message"),
    help=_(
        "The mean time from each buyer message that needed an answer to the first reply of a person after it. One "
        "reply answers every earlier message, each with its own time. This is the time that the platform measures; "
        "weekends and holidays count."
    ),
    group=GROUP,
    fact=contacts,
    of=ANSWERED,
    column="reply_seconds",
    open=PENDING,
    left_out=(NOT_YET_DUE, UNANSWERED, *NOT_WAITING),
    sides=(_("Answered"), "", _("Left out")),
    rule=Rule(days=30, target=AtMost(limit="86400", goal="43200")),
    source=CONTACT_RESPONSE,
)

contact_response_time_7d = over(contact_response_time, 7, _("Response time by message, 7 days"))
contact_response_time_90d = over(contact_response_time, 90, _("Response time by message, 90 days"))

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

within_target_rate = Share(
    slug="within_target_rate",
    title=_("Answered within the target"),
    short=_("Within target"),
    help=_(
        "Of the turns in which a buyer waited, the share answered within the time that was allowed on the day the turn "
        "opened: 24 hours, an hour on social channels, five minutes in a live chat, unless another target was set for "
        "the account, the channel, the priority or a peak season."
    ),
    group=GROUP,
    fact=turns,
    of=Q(target_reply__in=[Reply.ON_TIME, Reply.LATE, Reply.NONE]),
    hit=Q(target_reply=Reply.ON_TIME),
    open=Q(target_reply=Reply.PENDING),
    by="channel",
    left_out=((Q(target_reply=Reply.PENDING), _("Not answered yet, but still within the target")),),
    sides=(_("Answered in time"), _("Late or unanswered"), _("Left out")),
    rule=Rule(days=30, target=AtLeast(limit="90", goal="92")),
    source=TARGETS,
)

missed_message_rate = Share(
    slug="missed_message_rate",
    title=_("Missed messages"),
    short=_("Missed"),
    help=_(
        "Of the turns in which a buyer waited, the share that nobody answered within 24 hours nor since. A late answer "
        "takes a turn out of this share."
    ),
    group=GROUP,
    fact=turns,
    of=DUE,
    hit=Q(reply=Reply.NONE),
    open=PENDING,
    left_out=(NOT_YET_DUE,),
    sides=(_("Unanswered"), _("Answered"), _("Left out")),
    rule=Rule(days=30),
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

first_response_business_time = replace(
    first_response_time,
    slug="first_response_business_time",
    title=_("First response time in business hours"),
    short=_("First, business"),
    help=_(
        "The first response time, counting only the seconds within business hours and not on holidays. A wait wholly "
        "outside them is 0 seconds. It stands beside the elapsed time, by which targets are judged."
    ),
    of=ANSWERED & Q(business_seconds__isnull=False),
    column="business_seconds",
    left_out=(NOT_YET_DUE, UNANSWERED, NO_CALENDAR),
)

first_response_any_time = Times(
    slug="first_response_any_time",
    title=_("First response of any kind"),
    short=_("Acknowledged"),
    help=_(
        "From the same message as the first response time to whatever the buyer heard first: an automatic "
        "acknowledgement, a bot or a person. It shows the acknowledgement without letting it hide a slow answer."
    ),
    group=GROUP,
    fact=turns,
    among=Q(first=True),
    of=Q(acknowledged_seconds__isnull=False),
    column="acknowledged_seconds",
    open=PENDING & Q(acknowledged_seconds__isnull=True),
    left_out=(NOT_YET_DUE, (Q(acknowledged_seconds__isnull=True), _("Nothing was sent to the buyer"))),
    sides=(_("Acknowledged"), "", _("Left out")),
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

average_response_business_time = replace(
    average_response_time,
    slug="average_response_business_time",
    title=_("Average response time in business hours"),
    short=_("Average, business"),
    help=_(
        "The mean wait of all answered turns, counting only the seconds within business hours and not on holidays. It "
        "stands beside the elapsed time, by which targets are judged."
    ),
    of=ANSWERED & Q(business_seconds__isnull=False),
    column="business_seconds",
    left_out=(NOT_YET_DUE, UNANSWERED, NO_CALENDAR),
    rule=Rule(days=30),
    source=BUSINESS_HOURS,
)

buyer_waiting_time = Times(
    slug="buyer_waiting_time",
    title=_("Waiting time of a buyer"),
    short=_("Waiting"),
    help=_(
        "How long a buyer waited in all: the answered turns of a conversation in the window added up, one time for "
        "each conversation."
    ),
    group=GROUP,
    fact=turns,
    of=ANSWERED,
    column="reply_seconds",
    per="conversation_id",
    open=PENDING,
    left_out=(NOT_YET_DUE, UNANSWERED),
    sides=(_("Answered"), "", _("Left out")),
    rule=Rule(days=30),
    source=DURATIONS,
)
