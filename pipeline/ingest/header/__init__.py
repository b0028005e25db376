"""What one file says: its planes, attributes, dates and owner, before any pixel is read."""
