"""The real parts together: HR over HTTP, GnuPG, OpenSSH, SQLite, SMTP."""
