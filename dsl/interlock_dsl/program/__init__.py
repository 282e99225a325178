"""The compiled form: the model, the graph of a workflow, the digest."""
