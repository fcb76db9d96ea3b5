"""Looking after the state: backup and restore, prune, rebuild. What a run computes is decided elsewhere."""
