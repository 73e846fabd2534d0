"""Plain values that cross from one package to another: query rows, letters, history, digests."""
