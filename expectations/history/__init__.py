"""Rules against earlier periods and peers: which reports are compared, and the frames that the rules of history judge."""
