"""Turns the analysis of runs into pages, tables and plots for people."""
