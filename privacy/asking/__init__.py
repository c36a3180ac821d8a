"""Requests for personal data in public: what is asked for, and where the answer would stand."""
