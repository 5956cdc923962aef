"""The forms that every kind of case builds on."""
