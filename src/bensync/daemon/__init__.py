"""The daemon: a resting parent that ticks, and a child process for every turn at a site, whose memory goes with it.

The parent looks at counts and moments only. It opens no sealed value, reads no HR and sends nothing.
"""
