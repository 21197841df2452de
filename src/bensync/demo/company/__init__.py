"""The made-up employer of the demo: people, personnel actions, coverage."""
