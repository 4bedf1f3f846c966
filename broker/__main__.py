"""`python -m broker` is `broker`."""

from broker.cli import main

main(prog_name="broker")
