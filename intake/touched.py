"""What a write has touched: rows to be judged anew, and new ones that are stored together with their verdicts."""

from datetime import datetime
from typing import Any

from intake.mentions import write_mentions
from messaging.models import Conversation, Message, SurveyAnswer
from messaging.recompute import recompute_answers, recompute_conversations
from orders.models import Feedback, Order, OrderEvent, Return
from orders.recompute import recompute_orders
from orders.recompute_events import recompute_ratings, recompute_returns
from sellers.fresh import Fresh
from sellers.models import SellerAccount


class Touched:
    """The rows whose derived values may have changed, and the new ones that are stored together with those values."""

    def __init__(self) -> None:
        self.fresh = Fresh()
        self.new_conversations: dict[int, Conversation] = {}
        self.conversations: set[int] = set()
        self.answers: dict[int, int | None] = {}
        self.orders: set[str] = set()
        self.returns: set[int] = set()  # that name no order
        self.ratings: set[int] = set()  # likewise
        self.former_buyers: set[str] = set()

    def recompute(self, account: SellerAccount, now: datetime) -> None:
        if self.conversations:
            recompute_conversations(account, self.conversations, now, self.fresh)
            self.orders |= write_mentions(account, self.conversations, self.new_conversations)
        self.fresh.store(SurveyAnswer, list(self.fresh.of(SurveyAnswer)))
        answers = [key for key, conversation in self.answers.items() if conversation not in self.conversations]
        if answers:
            recompute_answers(account, answers, now)
        if self.orders:
            recompute_orders(account, self.orders, now, former_buyers=self.former_buyers, fresh=self.fresh)
        if self.returns:
            recompute_returns(account, self.returns, now)
        if self.ratings:
            recompute_ratings(account, self.ratings)
        self.fresh.finish()

    def add(self, row: Any) -> None:
        """Note a row as it is now; called before and after a change."""
        if isinstance(row, Conversation):
            self.conversations.add(row.id)
            if row.merged_into_id:  # which is about its orders, too
                self.conversations.add(row.merged_into_id)
        elif isinstance(row, Message):
            self.conversations.add(row.conversation_id)
        elif isinstance(row, SurveyAnswer):
            self.answers[row.id] = row.conversation_id
        elif isinstance(row, Order):
            self.orders.add(row.external_id)
        elif isinstance(row, OrderEvent) and row.order_external_id:
            self.orders.add(row.order_external_id)
        elif isinstance(row, Return):
            self.returns.add(row.id)
        elif isinstance(row, Feedback):
            self.ratings.add(row.id)
