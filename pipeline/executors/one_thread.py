"""Imported first in children: numeric libraries loaded later use one thread; the pool is the parallelism."""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
