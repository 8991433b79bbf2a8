"""The system health page as staff see it: by day, by night, on a phone."""

from kpis.models import DayTotal
from kpis.proof import prove
from sellers.arrivals import Arrival
from sellers.models import SellerAccount
from tests.makers import NOW, at, make_user


def test_system_health_fits_every_screen(new_page, manager, shoot):
    DayTotal.objects.filter(fact="orders", day="2026-01-17").update(sums=[])
    prove(NOW)
    for account in SellerAccount.objects.all():
        Arrival.objects.create(
            account=account, system="x-desk", record_type="message", last_fact_at=at("2026-01-20 10:00"),
            heard_at=at("2026-01-20 11:00"),
        )  # fmt: skip
    ada = make_user("ada", is_staff=True)
    for name, options in {"": {}, "-dark": {"dark": True}, "-phone": {"width": 390}}.items():
        page = new_page(ada, **options)
        page.goto("/system/")
        assert page.get_by_role("heading", name="System health").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        shoot(page, f"system{name}")
    page.goto("/accounts/falling/")
    assert page.get_by_text("Complete up to 19 Jan 2026").last.is_visible()
    shoot(page, "account-data-phone")
