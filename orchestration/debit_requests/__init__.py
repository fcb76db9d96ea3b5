"""Direct debit requests to the banks: `planning` decides what is requested, `canonical` and `pain_008` write it, `exporting`
does it all from the published edition. What the banks answer is decoded in ingestion and matched in the warehouse."""
