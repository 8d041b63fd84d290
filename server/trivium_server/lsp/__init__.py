"""The rim: the only package that imports pygls and lsprotocol."""
