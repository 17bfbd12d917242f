"""`seed` plays the demo review; `demo` plays it and serves it."""
