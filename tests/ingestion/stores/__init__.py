"""Tests of pulling from real servers on this machine's loopback: an OpenSSH server and an S3-compatible one."""
