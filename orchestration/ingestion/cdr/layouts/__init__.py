"""From a file's bytes to the fields of its records, one module per kind of layout. What the fields mean is not known here."""
