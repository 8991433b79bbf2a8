"""Days whose totals were counted by another declaration than today's: they are counted anew like any changed day."""

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from kpis.failures import DayFailure
from kpis.layouts import LAYOUTS
from kpis.models import DayTotal
from sellers.marks import mark
from sellers.models import SellerAccount

SET_ASIDE = Exists(DayFailure.set_aside().filter(**{name: OuterRef(name) for name in ("account", "fact", "day")}))


def stale_days() -> QuerySet[DayTotal]:
    """The days counted by an older recipe, without those that are set aside."""
    condition = Q(pk__in=[])
    for fact in stale_facts():
        recipe = LAYOUTS[fact].recipe
        condition |= Q(fact=fact) & (Q(recipe__lt=recipe) | Q(recipe__gt=recipe))
    return DayTotal.objects.filter(condition & ~SET_ASIDE).order_by()


def stale_facts() -> list[str]:
    """The facts of which any day was counted by another recipe than the declared one: one query.

    It looks at both ends of an index for each fact. Asked which rows have another recipe, PostgreSQL expects most of
    them to and reads all totals there are, to find none.
    """
    table = DayTotal._meta.db_table
    ends = f"(SELECT min(recipe) FROM {table} WHERE fact = %s), (SELECT max(recipe) FROM {table} WHERE fact = %s)"  # noqa: S608  # a name from a model
    facts = sorted(LAYOUTS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([ends] * len(facts))}", [fact for fact in facts for _end in ("min", "max")])
        found = cursor.fetchone()
    recipes = zip(facts, found[::2], found[1::2], strict=True)
    return [fact for fact, least, most in recipes if not {least, most} <= {LAYOUTS[fact].recipe, None}]


def mark_stale(account: SellerAccount) -> None:
    """Have the account's stale days counted with the next step."""
    mark({(account.id, fact, day) for fact, day in stale_days().filter(account=account).values_list("fact", "day")})
