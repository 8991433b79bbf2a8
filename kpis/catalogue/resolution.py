"""How conversations end: resolved, opened again, given up, and passed from hand to hand on the way."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import conversations, endings, first_resolutions, resolutions
from kpis.metrics import Mean, Rule, Share, Tally, Times
from messaging.models import OneTouch, Outcome

GROUP = _("Resolution")

DURATIONS = "https://support.zendesk.com/hc/en-us/articles/4408834848154"
ONE_TOUCH = "https://support.zendesk.com/hc/en-us/articles/4408820618266"

COUNTED = Q(outcome__in=[Outcome.OPEN, Outcome.RESOLVED, Outcome.CLOSED])
NOWHERE = (
    (Q(outcome=Outcome.DELETED), _("Deleted at the source")),
    (Q(outcome=Outcome.MERGED), _("Merged into another conversation")),
    (Q(outcome=Outcome.EXCLUDED), _("Excluded by a person")),
    (Q(outcome=Outcome.SPAM), _("Marked as spam")),
)
OPEN_AGAIN = (Q(outcome=Outcome.OPEN), _("Open again"))
NO_BUYER = (COUNTED, _("The buyer had not written before, so there is no time to measure"))
# Most buyers who come back do so within the seven days that a resolve must hold; the day itself is not over yet.
HOLDING_DAYS = 8

first_resolution_time = Times(
    slug="first_resolution_time",
    title=_("Time until first resolved"),
    short=_("First resolved"),
    help=_(
        "From the buyer's first message to the first time the conversation was set to resolved, on the day of that. "
        "It is kept when the conversation is opened again."
    ),
    group=GROUP,
    fact=first_resolutions,
    of=COUNTED & Q(first_resolution_seconds__isnull=False),
    column="first_resolution_seconds",
    left_out=(*NOWHERE, NO_BUYER),
    sides=(_("Resolved"), "", _("Left out")),
    rule=Rule(days=30),
    source=DURATIONS,
)

full_resolution_time = Times(
    slug="full_resolution_time",
    title=_("Time until resolved"),
    short=_("Resolved after"),
    help=_(
        "From the buyer's first message to the last time the conversation was set to resolved, on the day of that: "
        "the whole time from inquiry to solution. While a conversation is open again there is no such time."
    ),
    group=GROUP,
    fact=resolutions,
    of=Q(outcome=Outcome.RESOLVED, full_resolution_seconds__isnull=False),
    column="full_resolution_seconds",
    left_out=(
        *NOWHERE,
        OPEN_AGAIN,
        (Q(outcome=Outcome.CLOSED), _("Opened again, then closed unsolved")),
        NO_BUYER,
    ),
    sides=(_("Resolved"), "", _("Left out")),
    rule=Rule(days=30),
    source=DURATIONS,
)

resolution_rate = Share(
    slug="resolution_rate",
    title=_("Conversations solved"),
    short=_("Solved"),
    help=_(
        "Of the conversations that ended in the window, the share that was resolved and not closed unsolved. Spam, "
        "merged and deleted conversations are left out, and so are those that are open again."
    ),
    group=GROUP,
    fact=endings,
    of=Q(outcome__in=[Outcome.RESOLVED, Outcome.CLOSED]),
    hit=Q(outcome=Outcome.RESOLVED),
    left_out=(*NOWHERE, OPEN_AGAIN),
    sides=(_("Resolved"), _("Closed unsolved"), _("Left out")),
    rule=Rule(days=30),
    source="https://docs.gorgias.com/en-US/how-metrics-are-calculated-406747",
)

one_touch_rate = Share(
    slug="one_touch_rate",
    title=_("Solved with one reply"),
    short=_("One reply"),
    help=_(
        "Of the conversations resolved in the window, the share that took exactly one reply of a person and was not "
        "opened again within seven days. Until the seven days are over, a conversation is not counted."
    ),
    group=GROUP,
    fact=resolutions,
    of=COUNTED & Q(one_touch__in=[OneTouch.NO, OneTouch.YES]),
    hit=Q(one_touch=OneTouch.YES),
    open=COUNTED & Q(one_touch=OneTouch.WAITING),
    left_out=(*NOWHERE, (Q(one_touch=OneTouch.WAITING), _("Resolved less than seven days ago"))),
    sides=(_("One reply"), _("More, none, or opened again"), _("Left out")),
    ripens_days=HOLDING_DAYS,
    rule=Rule(days=30),
    source=ONE_TOUCH,
)

reopen_rate = Share(
    slug="reopen_rate",
    title=_("Opened again"),
    short=_("Reopened"),
    help=_(
        "Of the conversations resolved in the window, the share that was ever opened again, by a message of the buyer "
        "that needs an answer or by a person. Thanks that need no answer open nothing again."
    ),
    group=GROUP,
    fact=resolutions,
    of=COUNTED,
    hit=Q(reopens__gte=1),
    left_out=NOWHERE,
    sides=(_("Opened again"), _("Stayed resolved"), _("Left out")),
    ripens_days=HOLDING_DAYS,
    rule=Rule(days=30),
    source=DURATIONS,
)

conversations_resolved = Tally(
    slug="conversations_resolved",
    title=_("Conversations resolved"),
    short=_("Resolved"),
    help=_("How many conversations were last set to resolved in the window, each counted once."),
    group=GROUP,
    fact=resolutions,
    of=COUNTED,
    left_out=NOWHERE,
    sides=(_("Resolved"), "", _("Left out")),
    rule=Rule(days=30),
    source=DURATIONS,
)

resolution_events = Tally(
    slug="resolution_events",
    title=_("Times resolved"),
    short=_("Times resolved"),
    help=_(
        "How many times the conversations resolved in the window were set to resolved in all; a conversation that came "
        "back counts once more. The surplus over the conversations resolved is work done twice."
    ),
    group=GROUP,
    fact=resolutions,
    of=COUNTED,
    column="resolutions",
    left_out=NOWHERE,
    sides=(_("Resolved"), "", _("Left out")),
    rule=Rule(days=30),
    source=DURATIONS,
)

handovers_per_conversation = Mean(
    slug="handovers_per_conversation",
    title=_("Hand-overs per conversation"),
    short=_("Hand-overs"),
    help=_(
        "How often the buyer was answered by another person than the time before, on average over the conversations "
        "that a person has answered. Conversations belong to the day they began."
    ),
    group=GROUP,
    fact=conversations,
    of=COUNTED & Q(human_replies__gte=1),
    column="handovers",
    left_out=(*NOWHERE, (COUNTED, _("Not answered by a person"))),
    sides=(_("Answered by a person"), "", _("Left out")),
    rule=Rule(days=30),
    source=DURATIONS,
)

handover_time = Times(
    slug="handover_time",
    title=_("Time lost in hand-overs"),
    short=_("In hand-overs"),
    help=_(
        "How long buyers waited for the answers with which another person took over, added up for each conversation "
        "that was handed over."
    ),
    group=GROUP,
    fact=conversations,
    of=COUNTED & Q(handovers__gte=1),
    column="handover_seconds",
    left_out=(*NOWHERE, (COUNTED, _("Never handed over"))),
    sides=(_("Handed over"), "", _("Left out")),
    rule=Rule(days=30),
    source=DURATIONS,
)
