"""The state of the branch, for monitoring programs: health and metrics. Nothing here decides or serves; no record is shown."""
