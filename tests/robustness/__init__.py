"""Bad input, second runs, killed runs, blocked editions: what the whole product says and does. Rules are tested elsewhere."""
