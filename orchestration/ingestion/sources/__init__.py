"""The declared sources: where files are fetched from and which names they have."""
