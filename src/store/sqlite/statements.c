/* The schema and the text of every statement; see statements.h. */
#include "statements.h"

const char *const statement_sql[STATEMENT_COUNT] = {
#define X(name, sql) [STATEMENT_##name] = (sql),
    STATEMENTS(X)
#undef X
};

/* clang-format off */
const char *const schema_sql =
    "CREATE TABLE ledger ("
    "  number INTEGER PRIMARY KEY,"
    "  origin TEXT NOT NULL UNIQUE"
    ") STRICT;"
    "CREATE TABLE license ("
    "  number INTEGER PRIMARY KEY,"
    "  ledger INTEGER NOT NULL,"
    "  id TEXT NOT NULL,"
    "  product TEXT NOT NULL,"
    "  UNIQUE (ledger, id)"
    ") STRICT;"
    /* One machine under one license. Times are POSIX seconds; `note` is the SHA-256 of what led to the last leaf,
     * `hardware` struct hardware_mark. */
    "CREATE TABLE machine ("
    "  license INTEGER NOT NULL,"
    "  machine BLOB NOT NULL,"
    "  first_request INTEGER NOT NULL,"
    "  last_request INTEGER NOT NULL,"
    "  requests INTEGER NOT NULL,"
    "  issued INTEGER NOT NULL,"
    "  ends INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL,"
    "  released INTEGER NOT NULL,"
    "  renewed INTEGER NOT NULL,"
    "  paced INTEGER NOT NULL,"
    "  leaf INTEGER NOT NULL,"
    "  ledger INTEGER NOT NULL,"
    "  reclaim_leaf INTEGER NOT NULL,"
    "  reclaim_ledger INTEGER NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  heard_number INTEGER NOT NULL,"
    "  heard_time INTEGER NOT NULL,"
    "  note BLOB NOT NULL,"
    "  hardware BLOB NOT NULL,"
    "  last_denial INTEGER NOT NULL,"
    "  address TEXT NOT NULL,"
    "  PRIMARY KEY (license, machine)"
    ") STRICT, WITHOUT ROWID;"
    /* How many machines of a license have each second as their last request or expiry, 256 seconds to a row: of those
     * that any machine has, the offset (one byte) and the number (as encoding.h writes it); and their sum. */
    "CREATE TABLE moment ("
    "  place INTEGER PRIMARY KEY,"
    "  machines INTEGER NOT NULL,"
    "  seconds BLOB NOT NULL"
    ") STRICT;"
    /* The machines that each transaction put, as encoding.h writes them; rows and moments come to their tables later.
     * Numbers go on from table to table: while one fills, the other is brought to the tables, and is then emptied as a
     * whole, which costs next to nothing. */
    "CREATE TABLE journal_0 ("
    "  number INTEGER PRIMARY KEY,"
    "  records BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE journal_1 ("
    "  number INTEGER PRIMARY KEY,"
    "  records BLOB NOT NULL"
    ") STRICT;"
    /* Up to `emptied` the journal is in the tables and of no use; up to `until` its rows are there, and its moments up to
     * and with `moment`. `blocks` counts the changes to the table block. */
    "CREATE TABLE settling ("
    "  number INTEGER PRIMARY KEY,"
    "  emptied INTEGER NOT NULL,"
    "  until INTEGER NOT NULL,"
    "  moment INTEGER NOT NULL,"
    "  blocks INTEGER NOT NULL"
    ") STRICT;"
    "INSERT INTO settling (number, emptied, until, moment, blocks) VALUES (1, 0, 0, 0, 0);"
    /* One row: the latest time before which machines were forgotten. */
    "CREATE TABLE expired ("
    "  number INTEGER PRIMARY KEY,"
    "  before INTEGER NOT NULL"
    ") STRICT;"
    "INSERT INTO expired (number, before) VALUES (1, 0);"
    /* Count and seats of a license at a time; true as of then, whatever the time is now. */
    "CREATE TABLE figures ("
    "  license INTEGER PRIMARY KEY,"
    "  as_of INTEGER NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  held INTEGER NOT NULL"
    ") STRICT;"
    /* Seats that were free before their leases ended: how many of a license each second, by `way` (enum return_way). */
    "CREATE TABLE came_back ("
    "  license INTEGER NOT NULL,"
    "  way INTEGER NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  seats INTEGER NOT NULL,"
    "  PRIMARY KEY (license, way, time)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE block ("
    "  machine BLOB NOT NULL PRIMARY KEY,"
    "  since INTEGER NOT NULL,"
    "  reason TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    /* What the operator calls a machine. */
    "CREATE TABLE label ("
    "  machine BLOB NOT NULL PRIMARY KEY,"
    "  text TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    /* What a machine told last of itself beside a request for a product, that of `number`; "" where it said nothing. `data`
     * is lines KEY VALUE. */
    "CREATE TABLE about ("
    "  machine BLOB NOT NULL,"
    "  product TEXT NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  heard INTEGER NOT NULL,"
    "  until INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  version TEXT NOT NULL,"
    "  data TEXT NOT NULL,"
    "  PRIMARY KEY (machine, product)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX about_until ON about (until);"
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
    /* Up to 256 leaves, none of them beyond a multiple of 256: of each its size (a number as encoding.h writes it) and its
     * bytes. Nothing where all 256 are archived. */
    "CREATE TABLE leaf_run ("
    "  place INTEGER PRIMARY KEY,"
    "  leaves INTEGER NOT NULL,"
    "  texts BLOB NOT NULL"
    ") STRICT;"
    /* In which folder the first bundles of 256 leaves of a ledger lie. */
    "CREATE TABLE archive ("
    "  ledger INTEGER PRIMARY KEY,"
    "  bundles INTEGER NOT NULL,"
    "  folder TEXT NOT NULL"
    ") STRICT;"
    /* 256 hashes of 32 bytes. */
    "CREATE TABLE tile ("
    "  place INTEGER PRIMARY KEY,"
    "  hashes BLOB NOT NULL"
    ") STRICT;"
    /* The hashes of tiles that are not full yet, in the runs they came in. */
    "CREATE TABLE tile_tail ("
    "  place INTEGER PRIMARY KEY,"
    "  hashes BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE checkpoint ("
    "  ledger INTEGER PRIMARY KEY,"
    "  note BLOB NOT NULL"
    ") STRICT;"
    /* Checkpoints of a key whose first epoch is `ledger`, which it has signed and which lead to no tree that is here:
     * the largest of each epoch. */
    "CREATE TABLE shown ("
    "  ledger INTEGER NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  origin TEXT NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  root BLOB NOT NULL,"
    "  signature BLOB NOT NULL,"
    "  PRIMARY KEY (ledger, epoch)"
    ") STRICT, WITHOUT ROWID;";
/* clang-format on */
