"""How HR is read. Nothing here can write to an HR system, and nothing here knows a rule of the trade."""
