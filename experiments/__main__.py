"""List the commands: `python -m experiments`."""

import experiments
from utils.command_list import print_commands

if __name__ == "__main__":
    print_commands(experiments)
