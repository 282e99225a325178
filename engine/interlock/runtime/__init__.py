"""The one place with a clock, chance, threads and an event loop: it performs what runs ask for, and records first."""
