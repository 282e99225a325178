"""Questions about the values at a place of a program, and who answers them."""
