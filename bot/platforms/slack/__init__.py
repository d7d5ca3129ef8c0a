"""Slack: hears over Socket Mode, speaks over the Web API; no rule of the trade and no right is decided here."""
