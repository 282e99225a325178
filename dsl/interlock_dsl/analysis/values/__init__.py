"""What values conditions can have: questions about the values of variables within their types, and their answers."""
