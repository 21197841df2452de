"""The commands, a package per subject."""
