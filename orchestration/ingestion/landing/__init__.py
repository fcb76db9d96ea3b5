"""From a source into the landing zone: finding, copying and packing files, and registering them in the ledger."""
