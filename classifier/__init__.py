"""Tag what was heard: language, sentiment, urgency, type and holds."""
