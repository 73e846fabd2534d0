"""What the pages show, put in order: grids, states, money, targets and values as written."""
