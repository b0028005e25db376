"""The bounded parser: bytes of one DICOM file to elements and a data set, and what kind of object it is."""
