"""bensync.toml + BENSYNC_* -> one frozen Settings. Knows no hand: their tables come as models from `wiring`."""
