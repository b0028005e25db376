"""Work for child processes that fails in each way a decoder can."""

import os
import time


def work(number: int) -> int:
    if number == 2:
        os.abort()
    if number == 3:
        time.sleep(60)
    if number == 4:
        bytearray(4 * 2**30)
    if number == 5:
        raise KeyError("secret")
    return number * number
