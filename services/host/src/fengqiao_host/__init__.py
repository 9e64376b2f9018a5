"""The fengqiao command, and every service in one process."""
