"""Call detail records: from a landed file to typed records."""
