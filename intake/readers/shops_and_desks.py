"""Formats of shops, help desks, phones and chats: one line for each."""

from intake.readers import (
    calls,
    calls_twilio,
    chat_chatwoot,
    chat_csv,
    chat_intercom,
    freshdesk,
    freshdesk_csv,
    shopify,
    shopify_csv,
    zendesk,
    zendesk_csv,
)
from intake.readers.formats import Format

FORMATS: tuple[Format, ...] = (
    shopify_csv.ORDERS_CSV.format(),
    shopify.GRAPHQL.format(),
    shopify.WEBHOOK.format(),
    zendesk.EXPORT.format(),
    zendesk_csv.VIEW_EXPORT.format(),
    freshdesk.API.format(),
    freshdesk_csv.TICKET_EXPORT.format(),
    calls.CALLS.format(),
    calls_twilio.API.format(),
    chat_csv.TRANSCRIPT.format(),
    chat_chatwoot.WEBHOOK.format(),
    chat_intercom.API.format(),
)
