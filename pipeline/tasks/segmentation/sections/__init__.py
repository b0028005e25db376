"""The sections of a segmentation's page that no other task has."""
