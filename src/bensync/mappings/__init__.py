"""Translates between systems: source records to employees, profiles to the bytes of a file. Pure."""
