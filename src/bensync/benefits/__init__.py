"""Benefit events after approval: who is eligible, in which order events are worked off, and what they post. Pure."""
