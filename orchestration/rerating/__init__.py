"""Re-rating published days: `scratch` copies the warehouse, `comparing` says what differs, `rerate` does it all and publishes.
What it posts is kept by ingestion/ledger_reratings and becomes bill lines in the warehouse; prices are none of its business."""
