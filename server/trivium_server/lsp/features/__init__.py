"""One file for each feature: `register(server, session)`. No feature imports another."""
