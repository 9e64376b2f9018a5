"""Analyze and assess: what the dispute is, how dangerous, may it be mediated."""
