"""What triage decides: analysis, assessment and screening as pure functions of plain values."""
