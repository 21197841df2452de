"""The census of present coverage: its file, its checks, and the first case of each participant. Pure."""
