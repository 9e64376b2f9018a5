"""One function per command or fact of the gateway: load, decide, save."""
