"""Rules across submissions: what two reports say of one thing, each right in itself."""
