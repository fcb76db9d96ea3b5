"""Re-rating published days: `scratch` copies the warehouse, `comparing` finds the differences, `rerate` does it all and publishes.
What it posts is kept by ledger/reratings.py and becomes bill lines in the warehouse; prices are none of its business."""
