/* Whether the audit can fail; see self_test.h. */
#include "self_test.h"

#include "audit.h"
#include "store/ledger.h"
#include "store/sqlite.h"
#include "system/clock.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* Two leaves of the first tile of the first ledger, and that tile. */
enum { ONE = 3, OTHER = 5 };
#define TILE_PLACE (INT64_C(1) << 43)
#define ONE_PLACE  "((1 << 40) + 3)"
#define PLACES     "(" ONE_PLACE ", (1 << 40) + 5)"
#define LAST_PLACE "(SELECT max(place) FROM leaf_run)"
#define HELD_PLACE "(SELECT (1 << 40) + leaf FROM machine WHERE issued > 0 AND released = 0 LIMIT 1)"
#define HOLDER     "(SELECT machine FROM machine WHERE issued > 0 AND released = 0 LIMIT 1)"
#define SWAP_LEAVES \
    "CREATE TEMP TABLE kept AS SELECT place AS at, texts AS was FROM leaf_run WHERE place IN " PLACES ";" \
    "UPDATE leaf_run SET texts = (SELECT was FROM kept WHERE at <> place) WHERE place IN " PLACES

/* What is tampered with: the database by SQL, its first tile, or what the client holds. A change that is made twice is
 * undone. */
struct tampering {
    const char *name;
    enum fault found_as;
    const char *sql;
    struct result (*change_tile)(sqlite3_blob *tile);
    void (*change_hands)(struct evidence *evidence);
    bool fewer_seats;
};

static RESULT swap_hashes(sqlite3_blob *tile)
{
    struct hash one;
    struct hash other;
    bool done = sqlite3_blob_read(tile, &one, HASH_SIZE, ONE * HASH_SIZE) == SQLITE_OK;
    done = done && sqlite3_blob_read(tile, &other, HASH_SIZE, OTHER * HASH_SIZE) == SQLITE_OK;
    done = done && sqlite3_blob_write(tile, &other, HASH_SIZE, ONE * HASH_SIZE) == SQLITE_OK;
    done = done && sqlite3_blob_write(tile, &one, HASH_SIZE, OTHER * HASH_SIZE) == SQLITE_OK;
    return done ? RESULT_OK : FAIL(STORE_FAILED);
}

static RESULT blank_hash(sqlite3_blob *tile)
{
    const struct hash blank = {0};
    return sqlite3_blob_write(tile, &blank, HASH_SIZE, ONE * HASH_SIZE) == SQLITE_OK ? RESULT_OK : FAIL(STORE_FAILED);
}

static void other_root(struct evidence *evidence)
{
    evidence->checkpoints[evidence->checkpoint_count / 2].root.bytes[7] ^= 1;
}

static void other_size(struct evidence *evidence)
{
    evidence->checkpoints[evidence->checkpoint_count / 2].size ^= UINT64_C(1) << 32;
}

static void other_leaf(struct evidence *evidence)
{
    evidence->answers[evidence->answer_count / 2].leaf.bytes[7] ^= 1;
}

/* Of all notes at once: not each led to a leaf. */
static void other_notes(struct evidence *evidence)
{
    for (size_t i = 0; i < evidence->asked_count; i++)
        evidence->askeds[i].note.bytes[7] ^= 1;
}

static const struct tampering tamperings[] = {
    {.name = "the last leaf is dropped",
     .found_as = FAULT_LOST,
     .sql = "DELETE FROM leaf_run WHERE place = " LAST_PLACE},
    {.name = "a leaf in the middle is dropped",
     .found_as = FAULT_LEDGER,
     .sql = "DELETE FROM leaf_run WHERE place = " ONE_PLACE},
    {.name = "a leaf is altered by one character",
     .found_as = FAULT_LEDGER,
     .sql = "UPDATE leaf_run SET texts = CAST(replace(texts, 'studio', 'studia') AS BLOB) WHERE place = " ONE_PLACE},
    {.name = "two leaves are swapped", .found_as = FAULT_LEDGER, .sql = SWAP_LEAVES},
    {.name = "two leaves are swapped, and their hashes in the tile",
     .found_as = FAULT_CHECKPOINT,
     .sql = SWAP_LEAVES,
     .change_tile = swap_hashes},
    {.name = "a hash of a tile is blank", .found_as = FAULT_LEDGER, .change_tile = blank_hash},
    {.name = "a lease is written a second time",
     .found_as = FAULT_DUPLICATED,
     .sql = "INSERT INTO leaf_run SELECT " LAST_PLACE " + 1, 1, texts FROM leaf_run WHERE place = " HELD_PLACE},
    {.name = "a machine is dropped", .found_as = FAULT_TABLE, .sql = "DELETE FROM machine WHERE machine = " HOLDER},
    {.name = "a machine has the lease of another",
     .found_as = FAULT_TABLE,
     .sql = "UPDATE machine SET leaf = leaf + 1 WHERE machine = " HOLDER},
    {.name = "a machine has a lease that is not there",
     .found_as = FAULT_TABLE,
     .sql = "UPDATE machine SET leaf = 1 << 30 WHERE machine = " HOLDER},
    {.name = "a machine has the number of another request",
     .found_as = FAULT_TABLE,
     .sql = "UPDATE machine SET number = number + 1 WHERE machine = " HOLDER},
    {.name = "a machine has the note of another request",
     .found_as = FAULT_TABLE,
     .sql = "UPDATE machine SET note = zeroblob(32) WHERE machine = " HOLDER},
    {.name = "a seat that is held counts as free",
     .found_as = FAULT_TABLE,
     .sql = "UPDATE figures SET held = held - 1"},
    {.name = "the kept checkpoint is cut short",
     .found_as = FAULT_CHECKPOINT,
     .sql = "UPDATE checkpoint SET note = substr(note, 1, 90)"},
    {.name = "more seats are held than the license has", .found_as = FAULT_DUPLICATED, .fewer_seats = true},
    {.name = "a client has a checkpoint of another tree", .found_as = FAULT_CHECKPOINT, .change_hands = other_root},
    {.name = "a client has a checkpoint beyond the ledger", .found_as = FAULT_LOST, .change_hands = other_size},
    {.name = "a client has another lease than the ledger", .found_as = FAULT_LOST, .change_hands = other_leaf},
    {.name = "machines have signed other notes than the ledger has",
     .found_as = FAULT_LEDGER,
     .change_hands = other_notes},
};

/* ---- one after the other ---- */

static RESULT change_tile(sqlite3 *database, const struct tampering *tampering)
{
    if (tampering->change_tile == NULL)
        return RESULT_OK;
    sqlite3_blob *tile = NULL;
    ENSURE(sqlite3_blob_open(database, "main", "tile", "hashes", TILE_PLACE, 1, &tile) == SQLITE_OK, STORE_FAILED);
    const struct result result = tampering->change_tile(tile);
    sqlite3_blob_close(tile);
    return result;
}

static RESULT change_database(sqlite3 *database, const struct tampering *tampering)
{
    if (tampering->sql != NULL) {
        char *message = NULL;
        const int status = sqlite3_exec(database, tampering->sql, NULL, NULL, &message);
        if (status != SQLITE_OK)
            printf("%s: %s\n", tampering->name, message);
        sqlite3_free(message);
        ENSURE(status == SQLITE_OK, STORE_FAILED);
    }
    return change_tile(database, tampering);
}

/* ---- a copy that SQL can tamper with: what waits in the journal is in its tables, and each leaf is a run of its own
 * ---- */

struct unpacking {
    sqlite3_stmt *insert;
    bool failed;
};

static bool unpack_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct unpacking *const unpacking = context;
    /* Its size in 7 bits a byte, the lowest first, and its bytes. */
    struct buffer texts CLEANUP_BUFFER = buffer_make(LEAF_MAX + 2);
    buffer_append_byte(&texts, (uint8_t)(leaf.size & 127) | 128);
    buffer_append_byte(&texts, (uint8_t)(leaf.size >> 7));
    buffer_append_slice(&texts, leaf);
    sqlite3_bind_int64(unpacking->insert, 1, (INT64_C(1) << 40) + (sqlite3_int64)index);
    sqlite3_bind_blob(unpacking->insert, 2, texts.data, (int)texts.size, SQLITE_TRANSIENT);
    unpacking->failed = leaf.size < 128 || leaf.size >= 1 << 14 || sqlite3_step(unpacking->insert) != SQLITE_DONE;
    sqlite3_reset(unpacking->insert);
    return !unpacking->failed;
}

static RESULT unpack_into(sqlite3 *database, struct store *leaves)
{
    struct unpacking unpacking = {0};
    ENSURE(sqlite3_prepare_v2(database, "INSERT INTO unpacked VALUES (?1, 1, ?2)", -1, &unpacking.insert, NULL) ==
               SQLITE_OK,
           STORE_FAILED);
    const struct result result = store_leaves(leaves, 1, 0, UINT64_MAX, unpack_leaf, &unpacking, NULL);
    sqlite3_finalize(unpacking.insert);
    TRY(result);
    ENSURE(!unpacking.failed, STORE_FAILED);
    const char *const rename = "DELETE FROM leaf_run WHERE place < 2 << 40;"
                               "INSERT INTO leaf_run SELECT * FROM unpacked;"
                               "DROP TABLE unpacked; COMMIT";
    ENSURE(sqlite3_exec(database, rename, NULL, NULL, NULL) == SQLITE_OK, STORE_FAILED);
    return RESULT_OK;
}

static RESULT unpack(const char *path, sqlite3 *database)
{
    const char *const begin =
        "CREATE TEMP TABLE unpacked (place INTEGER PRIMARY KEY, leaves INTEGER, texts BLOB); BEGIN";
    ENSURE(sqlite3_exec(database, begin, NULL, NULL, NULL) == SQLITE_OK, STORE_FAILED);
    const struct store_sqlite_options options = {.path = path};
    struct store *store;
    TRY(store_open_sqlite(&options, &store, NULL));
    const struct result result = unpack_into(database, store);
    store_close(store);
    return result;
}

static RESULT settle(const char *path)
{
    const struct store_sqlite_options options = {.path = path};
    struct store *store;
    TRY(store_open_sqlite(&options, &store, NULL));
    struct result result = RESULT_OK;
    for (bool more = true; more && is_ok(result);)
        result = store_tend(store, 10000, &more, NULL);
    store_close(store);
    return result;
}

/* A fresh copy, tampered with. */
static RESULT prepare(const struct world *world, const struct tampering *tampering)
{
    char path[PATH_SIZE];
    TRY(world_copy(world));
    TRY(world_copied_database(world, path));
    TRY(settle(path));
    sqlite3 *database = NULL;
    struct result result = FAIL(STORE_FAILED);
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        result = unpack(path, database);
    if (is_ok(result))
        result = change_database(database, tampering);
    sqlite3_close(database);
    return result;
}

static RESULT try_one(struct series *series, const struct tampering *tampering, bool *ret_found)
{
    TRY(prepare(&series->world, tampering));
    struct world world = series->world;
    struct faults faults = {.silent = true};
    uint64_t leaves;
    if (tampering->fewer_seats)
        world.license.seats = 1;
    if (tampering->change_hands != NULL)
        tampering->change_hands(&series->evidence);
    const struct audit audit = {&world, &series->machines, &series->evidence, clock_now(), &faults};
    const struct result result = audit_run(&audit, &leaves);
    if (tampering->change_hands != NULL)
        tampering->change_hands(&series->evidence);
    *ret_found = faults.counts[tampering->found_as] > 0;
    return result;
}

RESULT self_test_run(struct series *series, unsigned *ret_missed)
{
    *ret_missed = 0;
    for (size_t i = 0; i < sizeof tamperings / sizeof *tamperings; i++) {
        const struct tampering *const tampering = &tamperings[i];
        bool found;
        TRY(try_one(series, tampering, &found));
        printf("%s: %s (%s)\n", found ? "found" : "MISSED", tampering->name, fault_name(tampering->found_as));
        *ret_missed += !found;
    }
    return RESULT_OK;
}
