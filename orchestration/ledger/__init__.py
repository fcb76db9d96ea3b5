"""The file ledger: every delivered file with its state and history, debit requests and re-ratings. SQLite, append-only."""
