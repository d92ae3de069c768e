"""Hubbub: a real-time server for Django."""

__version__ = "0.1.0"
