"""The layouts of banks' result files: each turns a file's bytes into the lines of one debit batch (reading.ReadBatch).

Which lines count, what a batch sums to and whether its file is held is decided in bank/results.py.
"""
