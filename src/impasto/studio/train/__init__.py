"""Training of feed-forward networks, and their export. Importing this package alone imports nothing."""
