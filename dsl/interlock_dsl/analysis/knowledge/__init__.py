"""What is known of a program before anything runs: what is certain where, what is handed over, read and consumed."""
