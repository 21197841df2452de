"""How a file leaves: sealed, brought to the upload center, told to people. It must not know a rule of the trade."""
