"""Pages about runs and deliveries."""
