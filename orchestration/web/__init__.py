"""What `tollhouse serve` and `tollhouse ui` have in common: who may ask, how long, how many at once. What they show is elsewhere."""
