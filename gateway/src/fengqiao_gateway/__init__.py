"""The one door: identity, partners, webhooks, the live stream and forwarding to the services."""

__version__ = "0.1.0"
