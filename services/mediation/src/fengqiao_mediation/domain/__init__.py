"""The decisions of casework: states, guards, clocks, agreements and the dossier; pure functions."""
