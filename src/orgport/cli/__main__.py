"""`python -m orgport.cli` is the `orgport` command."""

from orgport.cli.main import main

if __name__ == "__main__":
    main()
