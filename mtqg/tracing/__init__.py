"""What `mtqg trace` asks and answers: a figure or a sum, back to the cells of files.

`wanted` reads the options, `figures` asks the warehouse, the others print for a person or as JSON.
"""
