"""The raw schema: what the models of a run read, created again from the raw zone, the ledger and the reference book."""
