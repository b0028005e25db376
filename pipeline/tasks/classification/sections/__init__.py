"""The sections of a classification's page that no other task has: a module each, or one for like curves."""
