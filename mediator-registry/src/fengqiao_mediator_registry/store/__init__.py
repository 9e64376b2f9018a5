"""Tables and queries of the registry."""

from .tables import metadata

__all__ = ["metadata"]
