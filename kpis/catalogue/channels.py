"""Where buyers write: conversations by channel, and how many of the expected channels are in use."""

from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import conversations
from kpis.catalogue.resolution import COUNTED, NOWHERE
from kpis.metrics import Coverage, Rule, Tally

GROUP = _("Channels")

conversations_by_channel = Tally(
    slug="conversations_by_channel",
    title=_("Conversations by channel"),
    short=_("Conversations"),
    help=_("How many conversations began in the window, in all and on each channel."),
    group=GROUP,
    fact=conversations,
    of=COUNTED,
    by="channel",
    left_out=NOWHERE,
    sides=(_("Conversations"), "", _("Left out")),
    rule=Rule(days=30),
    source="https://docs.gorgias.com/en-US/how-metrics-are-calculated-406747",
)

channel_diversity = Coverage(
    slug="channel_diversity",
    title=_("Channels in use"),
    short=_("Channels"),
    help=_(
        "Of the channels on which the shop expects to hear from buyers, the share on which a conversation began in the "
        "window. Which channels are expected is a setting of the account."
    ),
    group=GROUP,
    fact=conversations,
    of=COUNTED,
    by="channel",
    expected_from="expected_channels",
    left_out=(*NOWHERE, (COUNTED, _("On a channel that the account does not expect"))),
    sides=(_("On an expected channel"), "", _("Left out")),
    rule=Rule(days=30),
    source="https://ecommerceinsiders.com/6-customer-service-channels-ecommerce-5771/",
)
