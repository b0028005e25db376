"""Classification: one of two or more classes a patient."""
