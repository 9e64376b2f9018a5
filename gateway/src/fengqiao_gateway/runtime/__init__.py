"""What runs beside the requests: the stream's hub, the webhook senders, limits, who is known."""
