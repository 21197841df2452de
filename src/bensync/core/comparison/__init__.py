"""Compares what a pull read, and what it did not read, with what was last sent."""
