"""What a run must compute: the stale days, and whether an edition of exactly these inputs exists already."""
