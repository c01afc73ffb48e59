"""`python -m pipeline` is the command `parcels`."""

from pipeline.cli import main

main()
