"""From checked declarations to the program: names replaced by what they mean, expressions by compiled ones."""
