"""Receive, accept, register and number a case; the case register."""
