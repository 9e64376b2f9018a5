"""What every service stands on: bus, store, web, auth, clock, telemetry."""
