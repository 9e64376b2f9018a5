"""The published language of Fengqiao: facts, code tables, ids and errors, shared by every service."""
