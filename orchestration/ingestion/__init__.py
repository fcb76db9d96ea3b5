"""From delivered files to the typed raw zone: sources, pulling, the file ledger, decoders and the reference book.

Plain Python; the states of single call records are decided by the warehouse, the order of the steps by Dagster.
"""
