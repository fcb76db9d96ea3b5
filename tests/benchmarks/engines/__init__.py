"""What the product is measured against: each does load, duplicates, holders, zones, charge, rated calls written, usage."""
