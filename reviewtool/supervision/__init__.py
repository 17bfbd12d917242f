"""Serving pages and working jobs from one command, with nothing left behind."""
