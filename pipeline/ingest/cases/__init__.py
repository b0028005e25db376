"""Cases: planned from headers, read in child processes, committed with their voxels."""
