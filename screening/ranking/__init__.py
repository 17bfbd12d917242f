"""Ranking records by relevance (pure: numpy, scipy and scikit-learn only)."""
