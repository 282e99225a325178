"""What is recorded of a decision, and the digests that replay compares."""
