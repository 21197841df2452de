"""Benefit events after approval: who is eligible, in which order events are processed, and what they post. Pure."""
