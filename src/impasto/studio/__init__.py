"""The studio: everything that needs torch. Importing this package alone imports nothing."""
