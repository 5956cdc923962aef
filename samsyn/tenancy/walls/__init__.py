"""Walls: in PostgreSQL no row of another firm or client is there, whatever a query forgot to ask."""
