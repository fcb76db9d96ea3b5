"""The servers that `tollhouse serve` and `tollhouse ui` start. What they have in common is in web."""
