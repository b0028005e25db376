"""Decoders and the value chain: stored bits of one frame to numbers with a unit."""
