"""A first policy for an agent that is there already, from the JSON Schemas of its tools."""
