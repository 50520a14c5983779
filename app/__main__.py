"""The command as `python -m app`."""

from app.cli.app import main

if __name__ == "__main__":
    main()
