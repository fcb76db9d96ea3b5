"""How it is with the branch, for programs that watch it: health and metrics. Nothing here decides or serves; no record is shown."""
