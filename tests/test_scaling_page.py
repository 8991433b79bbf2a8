"""docs/scaling.md says of every table what its way to several databases would be; the models say whether that is so."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Field, ForeignKey, Model, UniqueConstraint

from sellers.models import SellerAccount

pytestmark = pytest.mark.embedded

ROOMS = ("sellers", "messaging", "orders", "intake", "kpis", "dashboard")
PAGE = (Path(settings.BASE_DIR) / "docs" / "scaling.md").read_text()
HEADINGS = {
    "moves": "Move as they are",
    "key": "Move once a unique key names the account",
    "column": "Move once they name the account themselves",
    "everywhere": "Stand everywhere",
}


def account_field(model: type[Model]) -> Field | None:
    return next((field for field in model._meta.concrete_fields if field.name == "account"), None)


def foreign_keys(model: type[Model]) -> set[tuple[str, ...]]:
    """The unique keys, besides the primary one, that do not contain the account."""
    meta = model._meta
    keys = [tuple(one.fields) for one in meta.constraints if isinstance(one, UniqueConstraint)]
    keys += [(field.name,) for field in meta.concrete_fields if field.unique and not field.primary_key]
    return {key for key in keys if "account" not in key}


def way(model: type[Model]) -> str:
    field = account_field(model)
    if field is not None:
        # A rule without an account holds for all of them.
        return "everywhere" if field.null else "key" if foreign_keys(model) else "moves"
    owners = [one.related_model for one in model._meta.concrete_fields if isinstance(one, ForeignKey)]
    inherits = any(isinstance(owner, type) and way_is_account(owner) for owner in owners)
    return "column" if inherits else "everywhere"


def way_is_account(owner: type[Model]) -> bool:
    return owner is not SellerAccount and account_field(owner) is not None


def told(heading: str) -> str:
    return PAGE.split(f"### {HEADINGS[heading]}\n")[1].split("\n#")[0]


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_page_lists_the_tables_that_the_models_say(heading: str) -> None:
    models = [model for room in ROOMS for model in apps.get_app_config(room).get_models()]
    expected = {f"{model._meta.app_label}.{model.__name__}" for model in models if way(model) == heading}
    assert set(re.findall(r"`([a-z]+\.[A-Z]\w+)`", told(heading))) == expected


def test_the_page_names_the_keys_that_would_have_to_change() -> None:
    models = [model for room in ROOMS for model in apps.get_app_config(room).get_models() if way(model) == "key"]
    expected = {
        (f"{model._meta.app_label}.{model.__name__}", ", ".join(key)) for model in models for key in foreign_keys(model)
    }
    assert set(re.findall(r"\| `([a-z]+\.\w+)` \| ([\w, ]+) \|", told("key"))) == expected
