"""New rows that are made without a model's constructor are what it would have made."""

import pytest
from django.apps import apps

from sellers.blank import blank
from sellers.facts import DatedRow
from tests.makers import make_account

MODELS = [model for model in apps.get_models() if issubclass(model, DatedRow)]


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_blank_row_is_what_the_constructor_makes(model: type[DatedRow]) -> None:
    account = make_account()
    made, ordinary = blank(model, account), model(account=account)
    assert {**vars(made), "_state": None} == {**vars(ordinary), "_state": None}
    assert made._state.adding
    assert made.account is account
    assert made.pk is None


@pytest.mark.django_db
def test_blank_rows_share_no_list_and_no_object() -> None:
    account = make_account()
    for model in MODELS:
        one, other = blank(model, account), blank(model, account)
        mutable = {name: value for name, value in vars(one).items() if isinstance(value, list | dict)}
        assert not [name for name, value in mutable.items() if value is vars(other)[name]]
