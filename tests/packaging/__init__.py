"""Tests of what is shipped to run Tollhouse as a service or in a container."""
