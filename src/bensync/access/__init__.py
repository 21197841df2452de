"""Access: signing in, sessions, users and their roles, and seeing an SSN in full. It knows no page and no terminal."""
