"""Which facts the gateway hears: all of them, without their personal part."""
