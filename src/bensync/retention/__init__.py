"""How long each kind of data is kept and why, where it lies, and how it is protected. Pure."""
