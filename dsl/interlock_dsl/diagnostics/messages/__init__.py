"""What the checks of meaning say: every sentence is a named function, in the file of the stage that says it."""
