"""Closed billing periods: closing one, its frozen figures, the schema that holds them."""
