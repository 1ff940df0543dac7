/* The schema and the text of every statement; see statements.h. */
#include "sqlite/statements.h"

const char *const statement_sql[STATEMENT_COUNT] = {
#define X(name, sql) [STATEMENT_##name] = (sql),
    STATEMENTS(X)
#undef X
};

/* clang-format off */
const char *const schema_sql =
    "BEGIN IMMEDIATE;"
    "PRAGMA application_id = %d;"
    "PRAGMA user_version = %d;"
    "CREATE TABLE ledger ("
    "  number INTEGER PRIMARY KEY,"
    "  origin TEXT NOT NULL UNIQUE"
    ") STRICT;"
    "CREATE TABLE license ("
    "  number INTEGER PRIMARY KEY,"
    "  ledger INTEGER NOT NULL,"
    "  id TEXT NOT NULL,"
    "  UNIQUE (ledger, id)"
    ") STRICT;"
    /* One machine under one license. Times are POSIX seconds. */
    "CREATE TABLE machine ("
    "  license INTEGER NOT NULL,"
    "  machine BLOB NOT NULL,"
    "  first_request INTEGER NOT NULL,"
    "  last_request INTEGER NOT NULL,"
    "  requests INTEGER NOT NULL,"
    "  issued INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL,"
    "  released INTEGER NOT NULL,"
    "  leaf INTEGER NOT NULL,"
    "  nonce BLOB NOT NULL,"
    "  lock BLOB NOT NULL,"
    "  last_denial INTEGER NOT NULL,"
    "  address TEXT NOT NULL,"
    "  PRIMARY KEY (license, machine)"
    ") STRICT, WITHOUT ROWID;"
    /* How many machines of a license have this second as their last request (kind 0) or expiry (kind 1). */
    "CREATE TABLE moment ("
    "  license INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  second INTEGER NOT NULL,"
    "  machines INTEGER NOT NULL,"
    "  PRIMARY KEY (license, kind, second)"
    ") STRICT, WITHOUT ROWID;"
    /* Count and seats of a license at a time; true as of then, whatever the time is now. */
    "CREATE TABLE figures ("
    "  license INTEGER PRIMARY KEY,"
    "  as_of INTEGER NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  held INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE block ("
    "  machine BLOB NOT NULL PRIMARY KEY,"
    "  since INTEGER NOT NULL,"
    "  reason TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE denial ("
    "  number INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"
    "  machine BLOB NOT NULL,"
    "  vendor TEXT NOT NULL,"
    "  product TEXT NOT NULL,"
    "  edition TEXT NOT NULL,"
    "  code INTEGER NOT NULL,"
    "  message TEXT NOT NULL,"
    "  address TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX denial_of_machine ON denial (machine);"
    /* place: ledger << 40 | index */
    "CREATE TABLE leaf ("
    "  place INTEGER PRIMARY KEY,"
    "  leaf BLOB NOT NULL"
    ") STRICT;"
    /* place: ledger << 43 | level << 40 | number of the tile; up to 256 hashes of 32 bytes */
    "CREATE TABLE tile ("
    "  place INTEGER PRIMARY KEY,"
    "  hashes BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE checkpoint ("
    "  ledger INTEGER PRIMARY KEY,"
    "  note BLOB NOT NULL"
    ") STRICT;"
    "COMMIT;";
/* clang-format on */
