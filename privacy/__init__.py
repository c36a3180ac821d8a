"""Personal data in a text: where it stands, and the text without it."""
