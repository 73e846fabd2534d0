"""The ledger, the facts and their history, and the marts. The only package that uses SQLAlchemy.

`tables` is the schema, `states` the states and kinds that its columns hold. `database.engine` opens
and migrates the warehouse. `ledger` records deliveries and runs, `load` records checked submissions
in one transaction. `outbox` hands out letters. `queries` answers the commands and the page.
"""
