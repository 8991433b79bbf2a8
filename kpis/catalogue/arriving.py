"""As which record type the rows of each table arrive; a turn is made of messages, a package comes with its order."""

from django.db.models import Model

from messaging.models import Conversation, Message, SurveyAnswer, Turn
from orders.models import Feedback, OfficialFigure, Order, PolicyViolation, Return, Shipment

RECORD_TYPES: dict[type[Model], str] = {
    Conversation: "conversation",
    Message: "message",
    Turn: "message",
    SurveyAnswer: "survey_answer",
    Order: "order",
    Shipment: "order",
    Return: "return",
    Feedback: "feedback",
    PolicyViolation: "policy_violation",
    OfficialFigure: "platform_metric",
}
