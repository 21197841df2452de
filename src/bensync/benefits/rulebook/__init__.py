"""What an employer decides about benefits, and how a rule that applies is found. Pure."""
