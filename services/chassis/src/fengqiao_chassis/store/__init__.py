"""The store: tables, transactions and queries over SQLite and PostgreSQL."""

from ..auth import SYSTEM, Scope, access_columns, visible
from .columns import JsonText, Moment, Money, new_metadata
from .sql import upsert
from .tx import ReadTx, Tx

__all__ = [
    "SYSTEM",
    "JsonText",
    "Moment",
    "Money",
    "ReadTx",
    "Scope",
    "Tx",
    "access_columns",
    "new_metadata",
    "upsert",
    "visible",
]
