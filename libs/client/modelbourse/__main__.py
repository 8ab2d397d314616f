"""`python -m modelbourse`: the command."""

from modelbourse.command import modelbourse

if __name__ == "__main__":
    modelbourse()
