"""Routing's rules as pure functions: table, ladder, choice of a mediator, life of a routed case."""
