"""What is measured by hand: scripts that print figures. None of them is a test, since a shared machine has no fixed speed."""
