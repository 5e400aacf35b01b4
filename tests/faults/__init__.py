"""The table of faults; importing it enters all rows."""
