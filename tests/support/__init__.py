"""Helpers that several test trees share."""
