"""The stages of the compiler in their order, and the loading of files."""
