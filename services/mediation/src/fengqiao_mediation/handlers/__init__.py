"""One function per command and fact: load, decide, save, state the fact."""
