"""Pages about participants."""
