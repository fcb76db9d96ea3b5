"""Tests of the intake: sources, pulling, ledger, decoders, reference book. Hand-made small files, figures worked by hand."""
