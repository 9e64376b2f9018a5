"""The readable documentation."""
