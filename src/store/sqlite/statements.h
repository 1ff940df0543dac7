/*
 * The schema and every statement of the SQLite store.
 *
 * Leaves, tiles and moments are found by one number made of their place, because a table ordered by such a number is
 * the fastest that SQLite has for appending and for rows of this size.
 */
#ifndef STORE_SQLITE_STATEMENTS_H
#define STORE_SQLITE_STATEMENTS_H

#include <stdint.h>

/* leaf_run.place = ledger << 40 | index of its first leaf; tile.place = ledger << 43 | level << 40 | number of the
 * tile; tile_tail.place = ledger << 43 | level << 40 | index of its first hash; moment.place = the key of overlay.h
 * >> 8. */
#define PLACE_BITS  40
#define PLACE_END   (UINT64_C(1) << PLACE_BITS) /* a ledger ends before this many leaves */
#define LEVEL_BITS  3
#define LEDGERS_MAX (UINT32_C(1) << 20) /* no ledger has that number */

/* Makes the tables. */
extern const char *const schema_sql;

/* clang-format off */
#define STATEMENTS(X) \
    X(DATA_VERSION, "PRAGMA data_version") \
    X(BEGIN, "BEGIN IMMEDIATE") \
    X(COMMIT, "COMMIT") \
    X(ROLLBACK, "ROLLBACK") \
    X(LOOK, "BEGIN") \
    X(SYNC, "PRAGMA user_version = 7") \
    X(LEDGER_FIND, "SELECT number FROM ledger WHERE origin = ?") \
    X(LEDGER_NEXT, "SELECT number, origin FROM ledger WHERE number > ? ORDER BY number LIMIT 1") \
    X(LEDGER_MAKE, "INSERT INTO ledger (number, origin) SELECT coalesce(max(number), 0) + 1, ? FROM ledger") \
    X(LICENSE_FIND, "SELECT number FROM license WHERE ledger = ? AND id = ?") \
    X(LICENSE_MAKE, "INSERT INTO license (number, ledger, id, product) " \
        "SELECT coalesce(max(number), 0) + 1, ?, ?, ? FROM license") \
    X(LICENSE_OF, "SELECT number, product FROM license WHERE number > ?2 AND +ledger = ?1 ORDER BY number LIMIT 1") \
    X(LICENSE_ID, "SELECT id FROM license WHERE number = ?") \
    X(LICENSE_NEXT, "SELECT min(number) FROM license WHERE number >= ?") \
    X(MACHINE_GET, "SELECT " MACHINE_COLUMNS " FROM machine m WHERE license = ? AND machine = ?") \
    X(MACHINE_TIMES, "SELECT last_request, expires FROM machine WHERE license = ? AND machine = ?") \
    X(MACHINE_PUT, "INSERT OR REPLACE INTO machine (license, machine, first_request, last_request, requests, issued, " \
        "ends, expires, released, renewed, paced, leaf, ledger, reclaim_leaf, reclaim_ledger, number, heard_number, " \
        "heard_time, note, hardware, last_denial, address) " \
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
    X(MACHINE_REMOVE, "DELETE FROM machine WHERE license = ? AND machine = ?") \
    X(MACHINE_WALK, "SELECT license, machine, last_request, expires FROM machine WHERE (license, machine) > (?, ?) " \
        "ORDER BY license, machine LIMIT ?") \
    X(EXPIRED_GET, "SELECT before FROM expired WHERE number = 1") \
    X(EXPIRED_PUT, "UPDATE expired SET before = max(before, ?) WHERE number = 1") \
    X(MACHINE_LIST, "SELECT m.machine, b.since, b.reason, l.text, " MACHINE_COLUMNS \
        " FROM machine m LEFT JOIN block b ON b.machine = m.machine LEFT JOIN label l ON l.machine = m.machine WHERE " LIST_RANGE \
        " AND (?5 IS NULL OR m.address = ?5) AND (?6 IS NULL OR m.expires > ?6) ORDER BY m.machine") \
    X(MACHINE_LIST_BLOCKED, "SELECT m.machine, b.since, b.reason, l.text, " MACHINE_COLUMNS \
        " FROM block b CROSS JOIN machine m ON m.machine = b.machine LEFT JOIN label l ON l.machine = m.machine WHERE " LIST_RANGE \
        " AND (?5 IS NULL OR m.address = ?5) AND (?6 IS NULL OR m.expires > ?6) ORDER BY b.machine") \
    X(BLOCK_LIST_SILENT, "SELECT b.machine, b.since, b.reason, l.text FROM block b LEFT JOIN label l ON l.machine = b.machine " \
        "WHERE b.machine > ?1 AND b.machine BETWEEN ?2 AND ?3 AND NOT EXISTS (SELECT 1 FROM license l " \
        "CROSS JOIN machine m ON m.license = l.number AND m.machine = b.machine) ORDER BY b.machine") \
    X(FIGURES_GET, "SELECT as_of, count, held FROM figures WHERE license = ?") \
    X(FIGURES_PUT, "INSERT OR REPLACE INTO figures (license, as_of, count, held) VALUES (?, ?, ?, ?)") \
    X(RETURN_ADD, "INSERT INTO came_back (license, way, time, seats) VALUES (?, ?, ?, 1) " \
        "ON CONFLICT DO UPDATE SET seats = seats + 1") \
    X(RETURN_SUM, "SELECT coalesce(sum(seats), 0) FROM came_back WHERE license = ? AND way = ? AND time > ?") \
    X(RETURN_DROP, "DELETE FROM came_back WHERE license = ? AND way = ? AND time <= ?") \
    X(MOMENT_SUM, "SELECT coalesce(sum(machines), 0) FROM moment WHERE place > ? AND place < ?") \
    X(MOMENT_GET, "SELECT seconds FROM moment WHERE place = ?") \
    X(MOMENT_PUT, "INSERT OR REPLACE INTO moment (place, machines, seconds) VALUES (?, ?, ?)") \
    X(MOMENT_REMOVE, "DELETE FROM moment WHERE place = ?") \
    X(JOURNAL_LIST, "SELECT number, records FROM journal_0 WHERE number > ?1 " \
        "UNION ALL SELECT number, records FROM journal_1 WHERE number > ?1 ORDER BY number") \
    JOURNAL_STATEMENTS(X, 0) \
    JOURNAL_STATEMENTS(X, 1) \
    X(SETTLING_GET, "SELECT emptied, until, moment, blocks, coalesce((SELECT max(number) FROM journal_0), 0), " \
        "coalesce((SELECT max(number) FROM journal_1), 0) FROM settling WHERE number = 1") \
    X(SETTLING_PUT, "UPDATE settling SET emptied = ?, until = ?, moment = ? WHERE number = 1") \
    X(SETTLING_BLOCKS, "UPDATE settling SET blocks = blocks + 1 WHERE number = 1") \
    X(BLOCK_PUT, "INSERT INTO block (machine, since, reason) VALUES (?, ?, ?) ON CONFLICT (machine) DO UPDATE SET " \
        "reason = CASE WHEN excluded.reason = '' THEN reason ELSE excluded.reason END") \
    X(BLOCK_REMOVE, "DELETE FROM block WHERE machine = ?") \
    X(BLOCK_GET, "SELECT since, reason FROM block WHERE machine = ?") \
    X(LABEL_PUT, "INSERT OR REPLACE INTO label (machine, text) VALUES (?, ?)") \
    X(LABEL_REMOVE, "DELETE FROM label WHERE machine = ?") \
    X(LABEL_GET, "SELECT text FROM label WHERE machine = ?") \
    X(BLOCK_ALL, "SELECT b.machine FROM block b ORDER BY b.machine") \
    X(ABOUT_GET, "SELECT number, heard, until, name, version, data FROM about WHERE machine = ? AND product = ?") \
    X(ABOUT_PUT, "INSERT INTO about (machine, product, number, heard, until, name, version, data) " \
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (machine, product) DO UPDATE SET number = excluded.number, " \
        "heard = excluded.heard, until = excluded.until, name = excluded.name, version = excluded.version, " \
        "data = excluded.data WHERE excluded.number > about.number") \
    X(ABOUT_EXPIRE, "DELETE FROM about WHERE (machine, product) IN (SELECT a.machine, a.product FROM about a " \
        "WHERE a.until <= ? AND NOT EXISTS (SELECT 1 FROM block b WHERE b.machine = a.machine) " \
        "ORDER BY a.until LIMIT ?)") \
    X(ABOUT_CLEAR, "DELETE FROM about") \
    X(DENIAL_LAST, "SELECT coalesce(max(number), 0) FROM denial") \
    X(DENIAL_ADD, "INSERT INTO denial (number, time, machine, vendor, product, edition, code, message, address) " \
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)") \
    X(DENIAL_TRIM, "DELETE FROM denial WHERE number <= ?") \
    X(DENIAL_LIST, "SELECT number, time, machine, vendor, product, edition, code, message, address FROM denial " \
        "WHERE number < ? ORDER BY number DESC LIMIT ?") \
    X(DENIAL_LIST_OF, "SELECT number, time, machine, vendor, product, edition, code, message, address FROM denial " \
        "WHERE machine = ? AND number < ? ORDER BY number DESC LIMIT ?") \
    X(LEAF_LAST, "SELECT place, leaves FROM leaf_run WHERE place >= ? AND place < ? ORDER BY place DESC LIMIT 1") \
    X(LEAF_ADD, "INSERT INTO leaf_run (place, leaves, texts) VALUES (?, ?, ?)") \
    X(LEAF_LIST, "SELECT place, leaves, texts FROM leaf_run WHERE place >= coalesce(" \
        "(SELECT max(place) FROM leaf_run WHERE place >= ?1 AND place <= ?2), ?2) AND place < ?3 ORDER BY place") \
    X(LEAF_REMOVE, "DELETE FROM leaf_run WHERE place >= ? AND place < ?") \
    X(ARCHIVE_GET, "SELECT bundles, folder FROM archive WHERE ledger = ?") \
    X(ARCHIVE_PUT, "INSERT OR REPLACE INTO archive (ledger, bundles, folder) VALUES (?, ?, ?)") \
    X(TILE_LAST, "SELECT max(place) FROM tile WHERE place >= ? AND place < ?") \
    X(TILE_PUT, "INSERT INTO tile (place, hashes) VALUES (?, ?)") \
    X(TILE_GET, "SELECT ?2, hashes FROM tile WHERE place = ?1 " \
        "UNION ALL SELECT place, hashes FROM tile_tail WHERE place >= ?2 AND place < ?3") \
    X(TAIL_LIST, "SELECT place, hashes FROM tile_tail WHERE place >= ? AND place < ? ORDER BY place") \
    X(TAIL_ADD, "INSERT INTO tile_tail (place, hashes) VALUES (?, ?)") \
    X(TAIL_REMOVE, "DELETE FROM tile_tail WHERE place >= ? AND place < ?") \
    X(CHECKPOINT_GET, "SELECT note FROM checkpoint WHERE ledger = ?") \
    X(CHECKPOINT_PUT, "INSERT OR REPLACE INTO checkpoint (ledger, note) VALUES (?, ?)") \
    X(SHOWN_LIST, "SELECT epoch, origin, size, root, signature FROM shown WHERE ledger = ? ORDER BY epoch") \
    X(SHOWN_PUT, "INSERT OR REPLACE INTO shown (ledger, epoch, origin, size, root, signature) VALUES (?, ?, ?, ?, ?, ?)") \
    X(SHOWN_DROP, "DELETE FROM shown WHERE ledger = ? AND epoch = ?")

/* In the order of enum journal_statement. */
#define JOURNAL_STATEMENTS(X, n) \
    X(JOURNAL_##n##_ENDS, "SELECT coalesce((SELECT min(number) FROM journal_" #n "), 0), " \
        "coalesce((SELECT max(number) FROM journal_" #n "), 0)") \
    X(JOURNAL_##n##_ADD, "INSERT INTO journal_" #n " (number, records) VALUES (?, ?)") \
    X(JOURNAL_##n##_REMOVE, "DELETE FROM journal_" #n " WHERE number <= ?") \
    X(JOURNAL_##n##_CLEAR, "DELETE FROM journal_" #n)

#define MACHINE_COLUMNS \
    "m.first_request, m.last_request, m.requests, m.issued, m.ends, m.expires, m.released, m.renewed, m.paced, m.leaf, " \
    "m.ledger, m.reclaim_leaf, m.reclaim_ledger, m.number, m.heard_number, m.heard_time, m.note, m.hardware, " \
    "m.last_denial, m.address"
/* ?1 license, ?2 behind that id, ?3 to ?4 */
#define LIST_RANGE "m.license = ?1 AND m.machine > ?2 AND m.machine BETWEEN ?3 AND ?4"
/* clang-format on */

enum statement {
#define X(name, sql) STATEMENT_##name,
    STATEMENTS(X)
#undef X
        STATEMENT_COUNT
};

/* The same for either table of the journal. */
enum { JOURNALS = 2 };
enum journal_statement { JOURNAL_ENDS, JOURNAL_ADD, JOURNAL_REMOVE, JOURNAL_CLEAR };
static inline enum statement journal_statement(unsigned table, enum journal_statement which)
{
    return (enum statement)((table == 0 ? STATEMENT_JOURNAL_0_ENDS : STATEMENT_JOURNAL_1_ENDS) + which);
}

extern const char *const statement_sql[STATEMENT_COUNT];

#endif
