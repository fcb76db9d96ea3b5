"""The tests of the pages, by section: what a page says of a small edition worked by hand."""
