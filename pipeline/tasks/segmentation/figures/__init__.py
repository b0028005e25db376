"""The charts of those sections: `draw(data)` of each file gives a figure from what report.json holds."""
