"""The ledger, the facts and their history, and the marts. The only package that uses SQLAlchemy.

`tables` is the schema, `states` the states and kinds that its columns hold. `database.engine` opens
and migrates the warehouse. `ledger` records deliveries and runs, `load` records checked submissions
in one transaction. `lifecycle` is what happens to them later, `outbox` holds letters, `queries`
answers commands and pages, `maintenance` copies and rebuilds. May import: `program`.
"""
