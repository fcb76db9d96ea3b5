"""Tests of the demo city: its reference book is sound, its files hold what planted.json says."""
