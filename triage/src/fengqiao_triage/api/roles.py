"""Who may do what in triage."""

READERS = ("city", "district", "clerk", "mediator")
"""Roles that may read what people wrote, in the cases of their scope."""
STAFF = (*READERS, "admin")
VIEWERS = (*STAFF, "partner", "auditor")

DECIDERS = ("city", "district", "clerk")
"""Who may judge otherwise than the policy."""
ASKED = (*STAFF, "partner", "party")
"""Who may read the questions about a case."""

STEWARDS = ("admin", "city")
"""Who may bring in, back-test and activate a policy, for the whole city."""
POLICY_READERS = (*STEWARDS, "district", "clerk", "auditor")
