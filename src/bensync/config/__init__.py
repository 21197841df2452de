"""bensync.toml + BENSYNC_* -> one frozen Settings. The tables of adapters come as models from `loading`."""
