"""Masks: what objects that mark structures say, put onto a case's own grid by geometry, never by index."""
