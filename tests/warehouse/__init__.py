"""The warehouse's plain Python on small raw zones made by hand: duplicates, the judge, lineage, the lock."""
