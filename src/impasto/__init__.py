"""Neural style transfer: choose how long you want to wait."""
