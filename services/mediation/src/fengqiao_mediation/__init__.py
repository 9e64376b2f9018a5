"""Casework: consent, sessions, agreements, performance, closing, archive."""
