"""What the product is put through to show that it never loses a record. The short forms are tests, the long ones `make torture`."""
