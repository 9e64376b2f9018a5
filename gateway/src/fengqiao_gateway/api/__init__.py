"""The gateway's routes; they hold no logic."""
