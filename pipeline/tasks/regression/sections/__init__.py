"""The sections of a regression's page that no other task has."""
