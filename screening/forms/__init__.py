"""What people may type, per step."""
