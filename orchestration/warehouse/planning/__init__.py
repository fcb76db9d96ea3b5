"""What a run has to compute: the stale days, and whether an edition of exactly this stands already."""
