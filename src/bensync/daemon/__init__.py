"""The daemon: a parent process that ticks, and a child process for each turn at a site, whose memory ends with it.

The parent reads only counts and times. It opens no sealed value, reads nothing from HR, and sends nothing.
"""
