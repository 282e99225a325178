"""The command line: `interlock VERB`. One verb is one file in `verbs`; `main` holds the table of them."""
