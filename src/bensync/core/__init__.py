"""The rules of the trade, on frozen values. Pure: no input or output, no clock, no randomness, no settings."""
