"""What the people of the sample accounts have noted: measures, trainings, meetings, and what came from outside.

Days are counted back from the Monday of the current week, as those of the incidents are, so that a note stands where
its figure moves: before and after show something at once.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from intake.demo.incidents import this_monday
from sellers.audit import recording
from sellers.models import Note, SellerAccount

REASON = "Noted with the sample data"
MEASURE, TRAINING, MEETING, EVENT = Note.Kind.MEASURE, Note.Kind.TRAINING, Note.Kind.MEETING, Note.Kind.EVENT


@dataclass(frozen=True, slots=True)
class Told:
    """One note: its day is so many days after the Monday `weeks_ago` weeks before this week's."""

    kind: str
    title: str
    weeks_ago: int
    weekday: int = 0
    days: int = 1
    text: str = ""
    people: str = ""
    metric: str = ""


NOTES: dict[str, tuple[Told, ...]] = {
    "demo-us": (
        Told(MEASURE, "Evening replies go to an outside team", 9, text="To cover Pacific evenings.", people="Dana"),
        Told(TRAINING, "Returns and refunds, two hours", 5, 2, people="Outside team, Priya"),
        Told(
            MEETING, "Review of unsolved answers", 2, 3, text="Most are about parcels that did not come.", people="All"
        ),
    ),
    "demo-us-2": (
        Told(EVENT, "一批露营灯有质量问题", 9, days=21, text="供应商已召回该批次。"),
        Told(MEASURE, "下架问题批次并主动联系买家", 6, 1, people="客服组", metric="order_defect_rate"),
        Told(MEETING, "与供应商的质量会议", 5, 3),
    ),
    "demo-de": (
        Told(EVENT, "Strike at the carrier", 3, days=10, text="Parcels wait in the depot."),
        Told(MEASURE, "Second carrier for urgent orders", 2, 2, people="Jonas", metric="late_shipment_rate"),
        Told(TRAINING, "Reply templates for late parcels", 7, 1, people="Support"),
    ),
    "demo-jp": (
        Told(MEASURE, "在庫の照合を毎朝に変更", 1, 4, people="倉庫", metric="cancellation_rate"),
        Told(TRAINING, "返信テンプレートの勉強会", 6, 1, people="サポート全員"),
    ),
    "demo-uk": (
        Told(MEASURE, "No Sunday shift any more", 8, text="The shift was ended to save hours.", people="Amira"),
        Told(
            MEETING, "Late replies on Mondays", 3, 1, text="Sunday's messages wait until Monday.", people="Whole team"
        ),
        Told(TRAINING, "First replies in ten minutes", 12, 2),
    ),
    "demo-ca": (
        Told(MEASURE, "New reply templates", 4, text="One for every topic.", people="Nadia"),
        Told(MEASURE, "Reply templates corrected", 1, text="They sent everybody to the returns page.", people="Nadia"),
        Told(MEETING, "Why scores fell", 1, -3, people="Nadia, Owen"),
    ),
    "demo-au": (
        Told(MEASURE, "Replies before noon first", 10, people="Ruby"),
        Told(TRAINING, "Handling claims", 6, 3, people="Ruby, Tom"),
    ),
    "demo-fr": (
        Told(
            MEASURE, "New signature under replies", 9, text="Since then few buyers find the survey.", people="Camille"
        ),
        Told(MEETING, "Who looks after returns?", 3, 1, people="Camille, Hugo", metric="return_dissatisfaction_rate"),
    ),
    "demo-shopify": (
        Told(TRAINING, "聊天机器人转人工流程培训", 8, 2, people="全体客服"),
        Told(MEASURE, "周末排班由机器人值守", 2, 5, days=2, metric="within_24h_rate"),
        Told(MEETING, "周末排班复盘", 1, 0, people="周敏"),
    ),
    "demo-shopify-2": (
        Told(MEASURE, "Live chat opens at eight", 11, people="Support"),
        Told(TRAINING, "Writing shorter replies", 5, 2, people="Everybody"),
    ),
    "demo-shop": (
        Told(EVENT, "LINE 連線中斷", 5, text="十月起沒有收到任何 LINE 訊息。"),
        Told(TRAINING, "客訴處理訓練", 9, 3, people="客服全員"),
        Told(MEETING, "與門市的每月會議", 4, 1),
    ),
    "demo-shop-2": (
        Told(MEASURE, "Reply within six hours promised", 26, text="The limit was set to match.", people="Aoife"),
        Told(TRAINING, "Answering on WhatsApp", 7, 1, people="Aoife, Sean"),
    ),
}


def write_notes(account: SellerAccount, today: date) -> None:
    """Write the notes of a new sample account, each checked as those that people write."""
    with recording(REASON):
        for told in NOTES.get(account.key, ()):
            starts_on = this_monday(today) - timedelta(weeks=told.weeks_ago) + timedelta(days=told.weekday)
            note = Note(
                account=account,
                kind=told.kind,
                title=told.title,
                text=told.text,
                people=told.people,
                metric=told.metric,
                starts_on=starts_on,
                ends_on=starts_on + timedelta(days=told.days - 1) if told.days > 1 else None,
            )
            note.full_clean()
            note.save()
