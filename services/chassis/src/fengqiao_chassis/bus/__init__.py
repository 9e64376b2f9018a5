"""The bus: facts out by the outbox, facts in by positions, two adapters under one port."""

from .received import Received
from .subscriptions import Subscription, Subscriptions, on

__all__ = ["Received", "Subscription", "Subscriptions", "on"]
