"""What each kind of step does when it is entered, and what becomes of its calls."""
