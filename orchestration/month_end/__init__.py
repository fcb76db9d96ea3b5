"""What finance does at a month's end with published figures: look at what is still open of a period and at what its reopening changes,
approve and lock settlements."""
