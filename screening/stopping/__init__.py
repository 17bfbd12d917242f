"""When to stop: progress (no claim), indicator, certificate (pure)."""
