"""The pages: people at a browser. Reads what was asked, calls the rooms below, shows what came of it."""
