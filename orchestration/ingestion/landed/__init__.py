"""The files of the landing zone: finding and checking them, packing old ones."""
