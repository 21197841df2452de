"""How long each kind of data is kept, why, and which records of former employees may be deleted. Pure."""
