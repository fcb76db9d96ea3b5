"""The raw schema: what the models of a run read, created anew from the raw zone, the ledger and the reference book."""
