"""The verdict on each delivered file: loaded, held or rejected, with its reason and its offending records."""
