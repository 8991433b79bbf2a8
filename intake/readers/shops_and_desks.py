"""Formats of shops, help desks, phones and chats: one line for each."""

from intake.readers import calls, chat_csv, freshdesk_csv, shopify, shopify_csv, zendesk, zendesk_csv
from intake.readers.formats import Format

FORMATS: tuple[Format, ...] = (
    shopify_csv.ORDERS_CSV.format(),
    shopify.GRAPHQL.format(),
    shopify.WEBHOOK.format(),
    zendesk.EXPORT.format(),
    zendesk_csv.VIEW_EXPORT.format(),
    freshdesk_csv.TICKET_EXPORT.format(),
    calls.CALLS.format(),
    chat_csv.TRANSCRIPT.format(),
)
