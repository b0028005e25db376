"""The sections of a page on several findings that no other task has: a module each."""
