"""Sample data: twelve accounts with thirteen months of conversations and orders, the same for the same day.

`generate` yields canonical records; whoever loads them sends them through the gate like any other data.
"""

from intake.demo.accounts import BY_KEY, PROFILES, Profile
from intake.demo.generator import data_end, generate
from intake.demo.incidents import HISTORY_DAYS, INCIDENTS, Incident

__all__ = ["BY_KEY", "HISTORY_DAYS", "INCIDENTS", "PROFILES", "Incident", "Profile", "data_end", "generate"]
