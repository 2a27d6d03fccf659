"""`python -m spy.cli`: the same as the `spy` command, for whoever has only the interpreter."""

from spy.cli.main import main

main()
