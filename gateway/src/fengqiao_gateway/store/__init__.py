"""The gateway's tables and queries."""

from .tables import metadata

__all__ = ["metadata"]
