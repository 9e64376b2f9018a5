"""Areas, committees, mediators and experts: admit, suspend, retire."""
