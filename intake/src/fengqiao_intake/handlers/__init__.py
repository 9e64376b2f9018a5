"""What intake does with commands and facts: load, decide, save, state the fact."""
