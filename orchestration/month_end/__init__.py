"""What finance does at a month's end with published figures: what is still open before a period is closed."""
