"""Which planes make a volume: pure functions on frames, which need nothing of the other rooms."""
