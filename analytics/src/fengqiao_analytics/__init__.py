"""Read models, counts, trends and the daily summary."""
