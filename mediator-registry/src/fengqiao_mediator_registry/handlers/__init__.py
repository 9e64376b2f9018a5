"""What the registry does on commands, facts and clocks: load, decide, save, state the fact."""
