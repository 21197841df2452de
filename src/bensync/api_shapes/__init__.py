"""The JSON contract of `--json` and of the API: one model for each thing that bensync shows to a program."""
