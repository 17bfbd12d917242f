"""What people may type, per thing they do."""
