"""What the statistics do with facts and commands."""
