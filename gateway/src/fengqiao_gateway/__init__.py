"""The one door: identity, partners, webhooks, live stream, forwarding."""
