"""Commands that keep an installation healthy: backup, fsck, drill, audit."""
