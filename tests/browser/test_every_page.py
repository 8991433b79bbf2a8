"""Every page in a real browser, with the sample accounts: three languages, light and dark, on a desk and a phone.

The pictures are kept in screenshots/, for people to look at; script/pictures takes the readme's from there.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from dashboard.models import Subscription
from intake.demo import BY_KEY
from intake.models import Correction
from messaging.models import Conversation, MessageBody, SurveyAnswer
from orders.models import Feedback, Return
from sellers.models import Note, SellerAccount
from tests.browser.test_screens import SIZES, sideways
from tests.makers import NOW
from tests.screens import ACCOUNTS, LARGEST, lived_in, pages, path_of

LANGUAGES = ("en-US", "zh-CN", "zh-TW")
# Words that are the same in every language: names of trade and technology, addresses, and what lived_in() names.
SAME = re.compile(
    r"Staygreen|Amazon|Shopify|Messenger|Larkspur Kitchen|Wattle Bay Baby|Shanyue Tea|demo-\w+|Lin Wei|\blin\b|Support"
    r"|INBOX|API|CSV|XLSX|JSON|A-to-z|ODR|UTC|(America|Asia|Australia)/\w+|[\w@-]+(\.[\w-]+)+|order two"
)
ENGLISH = r"[a-z]{3,}[ -][a-z]{2,}"
# By how much a list of rows is wider than its place: as much of it stands under the last column, which stays in sight.
COVERED = """(() => {
    const place = document.querySelector("table.rows").closest(".scroll");
    return place.scrollWidth - place.clientWidth;
})()"""
LABELS = ("aria-label", "title", "placeholder", "data-l")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


def cut_off(page: Page) -> list[str]:
    """Texts that do not fit where they stand. Scrolling regions and what only a screen reader hears are meant so."""
    return page.evaluate(
        """() => [...document.querySelectorAll("main *, nav *")].filter(element => {
            if (!element.checkVisibility() || element.closest(".sr-only, .scroll, canvas, svg")) return false;
            const cuts = ["hidden", "clip"].includes(getComputedStyle(element).overflowX);
            return cuts && element.scrollWidth > element.clientWidth + 1 && element.textContent.trim();
        }).map(element => element.outerHTML.slice(0, 120))"""
    )


def texts(page: Page) -> set[str]:
    """What a person reads on the page, piece by piece, without code and what people entered."""
    return set(
        page.evaluate(
            """labels => {
                const own = "script, style, code, pre, kbd, datalist, [translate=no]";
                const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                const found = [];
                while (walker.nextNode()) {
                    const node = walker.currentNode;
                    if (!node.parentElement.closest(own)) found.push(node.textContent.trim());
                }
                for (const element of document.querySelectorAll(labels.map(name => `[${name}]`).join())) {
                    if (element.closest("[translate=no]")) continue;
                    for (const name of labels) found.push(element.getAttribute(name) || "");
                }
                return found.filter(text => text);
            }""",
            list(LABELS),
        )
    )


def written_by_people() -> set[str]:
    """What people and sources wrote, which no page translates."""
    columns = (
        (Conversation, "topic"), (MessageBody, "text"), (SurveyAnswer, "comment"), (Feedback, "comment"),
        (Note, "title"), (Note, "text"), (Note, "people"),
        (Correction, "reason"), (SellerAccount, "team"), (Return, "reason"),
    )  # fmt: skip
    found = {text for model, column in columns for text in model.objects.values_list(column, flat=True).distinct()}
    return {text for text in found if text}


def english(text: str, data: set[str]) -> bool:
    """Whether two English words stand side by side that are no names and no data."""
    left = SAME.sub("", text)
    if not re.search(ENGLISH, left):
        return False
    for own in data:
        left = left.replace(own, "")
    return re.search(ENGLISH, left) is not None


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole(
    language: str,
    new_page: Callable[..., Page],
    transactional_db: None,
    shoot: Callable[[Page, str], None],
    pytestconfig: pytest.Config,
) -> None:
    chosen = set(filter(None, pytestconfig.getoption("--pages").split(",")))
    user = lived_in(BY_KEY if pytestconfig.getoption("--every-account") else ACCOUNTS)
    Subscription.objects.update(language={"zh-CN": "zh-hans", "zh-TW": "zh-hant"}.get(language, "en"))
    shop = SellerAccount.objects.get(key=LARGEST)
    data, faults = written_by_people(), []
    page = new_page(user, locale=language)
    for one in pages():
        if chosen and one.name not in chosen:
            continue
        page.goto(path_of(one, shop))
        # One load, four looks: what a page is does not depend on its window or theme, how it looks does.
        for size, dark in product(SIZES, (False, True)):
            page.set_viewport_size({"width": SIZES[size], "height": 900})
            page.emulate_media(color_scheme="dark" if dark else "light")
            name = f"{one.name}-{language[-2:].lower()}-{size}-{'dark' if dark else 'light'}"
            if wide := sideways(page):
                faults.append(f"{name}: {wide} pixels wider than its window")
            faults += [f"{name}: cut off: {element}" for element in cut_off(page)]
            found = Axe().run(page)
            if found.violations_count:
                faults.append(f"{name}: {found.generate_report()}")
            shoot(page, name)
        if language != "en-US":
            faults += [f"{one.name}: not translated: {text}" for text in texts(page) if english(text, data)]
    if not chosen:
        page.set_viewport_size({"width": SIZES["desk"], "height": 900})
        for metric in ("late_shipment_rate", "late_response_rate", "survey_answer_rate"):
            page.goto(f"/accounts/{shop.key}/{metric}/?part=left_out")
            if covered := page.evaluate(COVERED):
                faults.append(f"{metric}, left out: the last column covers {covered} pixels of the one before")
    assert not faults, "\n".join(faults)
