"""bensync keeps a benefits platform in step with an HR system, with every change decided by a person."""

__version__ = "0.2.0"
