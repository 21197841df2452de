"""What bensync remembers. Tables never leave this folder; every value that names a person is sealed by the vault."""
