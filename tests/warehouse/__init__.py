"""The warehouse's plain Python on small raw zones made by hand: duplicates, verdicts, lineage, the lock."""
