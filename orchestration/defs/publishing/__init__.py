"""The edition: marts, pages, and the pointer that shows them."""
