"""One function per fact or command: load, decide, save, state the fact."""
