"""Conversations, their messages, the turns in which buyers wait, and the buyers' survey answers."""

from messaging.choices import (
    Author,
    ConversationStatus,
    Direction,
    OneTouch,
    Outcome,
    Priority,
    Reply,
    Standing,
    SurveyKind,
    Visibility,
)
from messaging.models.answers import SurveyAnswer
from messaging.models.conversations import Agent, Conversation
from messaging.models.messages import Message, MessageBody, Turn
from messaging.targets import ResponseTarget
from sellers.channels import Channel

__all__ = [
    "Agent",
    "Author",
    "Channel",
    "Conversation",
    "ConversationStatus",
    "Direction",
    "Message",
    "MessageBody",
    "OneTouch",
    "Outcome",
    "Priority",
    "Reply",
    "ResponseTarget",
    "Standing",
    "SurveyAnswer",
    "SurveyKind",
    "Turn",
    "Visibility",
]
