"""Assets of the intake: from the sources to the raw zone."""
