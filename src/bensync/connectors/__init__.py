"""Reads HR systems. Nothing here can write to one, and nothing here knows a rule about benefits."""
