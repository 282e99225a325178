"""`python -m interlock_cli` is `interlock`."""

from interlock_cli.main import main

main()
