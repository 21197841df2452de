"""Pages about accounts: sign-in, profile, users."""
