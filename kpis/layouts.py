"""The layout of each fact's day totals, worked out once from the catalogue."""

from kpis.catalogue import DECLARED, FACTS
from kpis.engine import Layout

LAYOUTS: dict[str, Layout] = {slug: Layout.of(fact, DECLARED) for slug, fact in FACTS.items()}
