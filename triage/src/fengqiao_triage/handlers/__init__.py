"""What triage does when it hears a fact or a clock strikes."""
