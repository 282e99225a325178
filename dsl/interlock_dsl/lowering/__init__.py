"""From the facts of checked declarations to the program. Nothing is judged here, so it cannot fail."""
