"""The charts of those sections."""
