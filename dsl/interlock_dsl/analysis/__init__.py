"""What a file means and what is wrong with it: names, types, the shape of workflows, checks."""
