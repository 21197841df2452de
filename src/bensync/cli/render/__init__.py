"""How the command line shows results: tables and cards for people, shapes for scripts."""
