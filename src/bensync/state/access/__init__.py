"""Accounts, sessions, tokens and sign-in attempts."""
