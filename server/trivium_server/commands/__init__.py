"""The commands of the command line, one file for each family. They know no LSP."""


class Explained(Exception):
    """A failure whose message is all that the user needs; the exit status is 1."""
