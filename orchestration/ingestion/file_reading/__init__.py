"""Reading a delivered file within bounds: packing, marks, whole numbers, malformed rows, YAML. What it means is elsewhere."""
