"""Tests written in the language, and the runner that executes them without a model."""
