"""Runs Colisync: `python -m colisync`."""

from colisync.interfaces.cli import main

if __name__ == "__main__":
    main()
