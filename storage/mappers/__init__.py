"""Rows to domain types and back; no statement is built here."""
