"""List the commands: `python -m data`."""

import data
from utils.command_list import print_commands

if __name__ == "__main__":
    print_commands(data)
