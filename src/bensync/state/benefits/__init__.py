"""Cases of benefit events, their rows, and their invariants."""
