"""`python -m fengqiao_host` is the command `fengqiao`."""

from .cli import main

if __name__ == "__main__":
    main()
