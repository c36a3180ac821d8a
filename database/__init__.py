"""Where everything is kept: engine, transactions, the ledger and the migrations."""
