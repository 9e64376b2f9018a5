"""The store: tables, transactions and queries over SQLite and PostgreSQL."""

from ..auth import SYSTEM, Scope, access_columns, visible
from .columns import JsonText, Moment, Money, new_metadata
from .projection import Projection
from .sql import upsert
from .tx import ReadTx, Tx

__all__ = [
    "SYSTEM",
    "JsonText",
    "Moment",
    "Money",
    "Projection",
    "ReadTx",
    "Scope",
    "Tx",
    "access_columns",
    "new_metadata",
    "upsert",
    "visible",
]
