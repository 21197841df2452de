"""Pages about benefit events and elections."""
