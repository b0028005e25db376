"""Segmentation: which voxels of a scan each structure has.

Reads: masks on the scans' own grids. Writes: predicted masks, by case. Guarantees: a mask never moves against
its scan; a structure that is missed or invented is counted, and none is dropped.
"""
