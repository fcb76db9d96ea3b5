"""Result files of banks: from a landed file to the lines of a debit batch."""
