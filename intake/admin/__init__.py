"""The console's pages for facts and for what came in.

Facts are repaired here and not in messaging and orders, because a repair is a statement that goes through the gate.
"""

from intake.admin import conversations, deliveries, orders

__all__ = ["conversations", "deliveries", "orders"]
