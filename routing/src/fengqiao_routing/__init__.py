"""Route: which body, which mediator, or which legal channel."""
