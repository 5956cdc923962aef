"""The client register from a file: read, check into staged rows, then apply the good ones in one transaction."""
