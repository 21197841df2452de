"""Backup, restore, checks of the database, and rotation of the state key."""
