/* A host's data folder; see world.h. */
#include "world.h"

#include "authority/folder.h"
#include "system/clock.h"
#include "temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORLD_HOST "kms.uni.example"
#define DATABASE   FOLDER_DATABASE
#define STATE      WORLD_VENDOR ".state"

static RESULT make_paths(const char *root, struct world *world)
{
    TRY(slice_copy_text(slice_of(root), world->root, sizeof world->root));
    TRY(path_join(world->data, root, "data"));
    TRY(path_join(world->log, root, "log"));
    TRY(path_join(world->copy, root, "copy"));
    TRY(folder_make(root, 0700, NULL));
    return folder_make(world->copy, 0700, NULL);
}

static struct license license_of(const struct verifier_key *host_key, uint64_t seats)
{
    const seconds now = clock_now();
    return (struct license){.id = "crash-1",
                            .vendor = WORLD_VENDOR,
                            .customer = "University",
                            .host_key_count = 1,
                            .host_keys = {*host_key},
                            .product = WORLD_PRODUCT,
                            .edition = WORLD_EDITION,
                            .threshold = 1,
                            .seats = seats,
                            .lease = 180 * DAY,
                            .has_releases = true, /* each makes a seat free at once */
                            .releases = 1000000000,
                            .renew = 1, /* and a new lease as often */
                            .retry = 2 * HOUR,
                            .issued = now - DAY,
                            .not_before = now - DAY,
                            .not_after = now + 365 * DAY};
}

static RESULT import_license(struct world *world, const struct signing_key *vendor)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    TRY(license_write(&world->license, &text));
    CLEANUP_BUFFER struct buffer note = buffer_make(sizeof world->license_note);
    TRY(note_sign(buffer_slice(&text), &vendor, 1, &note));
    memcpy(world->license_note, note.data, note.size);
    world->license_note_size = note.size;
    struct import_report report;
    return folder_import(world->data, buffer_slice(&note), &report, NULL);
}

RESULT world_make(const char *root, uint64_t seats, struct chance *chance, struct world *ret_world)
{
    struct world world = {0};
    uint8_t seed[SEED_SIZE];
    TRY(make_paths(root, &world));
    TRY(folder_init(world.data, slice_of(WORLD_HOST), NULL));
    chance_fill(chance, seed, sizeof seed);
    CLEANUP_SIGNING_KEY struct signing_key *vendor = NULL;
    TRY(signing_key_make(slice_of(WORLD_VENDOR), seed, &vendor));
    chance_fill(chance, seed, sizeof seed);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(folder_enroll(world.data, signing_key_verifier(vendor), slice_of("University"), clock_now(), seed, &note,
                      NULL));
    struct host_request request;
    TRY(host_request_open(buffer_slice(&note), &request));
    world.host_key = request.host_key;
    world.license = license_of(&world.host_key, seats);
    TRY(import_license(&world, vendor));
    *ret_world = world;
    return RESULT_OK;
}

struct slice world_license_note(const struct world *world)
{
    return slice_make(world->license_note, world->license_note_size);
}

/* ---- copies ---- */

/* A source that is not there leaves no copy. */
static RESULT copy_file(const char *from, const char *to)
{
    TRY(file_remove(to, NULL));
    const int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return RESULT_OK;
    const int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t moved = out < 0 ? -1 : 1;
    while (moved > 0)
        moved = copy_file_range(in, NULL, out, NULL, (size_t)1 << 30, 0);
    close(in);
    if (out >= 0)
        close(out);
    ENSURE(moved == 0, FILE_WRITE);
    return RESULT_OK;
}

static RESULT copy_from(const struct world *world, const char *folder, const char *name)
{
    char from[PATH_SIZE];
    char to[PATH_SIZE];
    TRY(path_join(from, folder, name));
    TRY(path_join(to, world->copy, name));
    return copy_file(from, to);
}

RESULT world_copy(const struct world *world)
{
    char signer[PATH_SIZE];
    char index[PATH_SIZE];
    TRY(path_join(signer, world->data, FOLDER_SIGNER));
    TRY(path_join(index, world->copy, DATABASE "-shm"));
    TRY(file_remove(index, NULL));
    TRY(copy_from(world, world->data, DATABASE));
    TRY(copy_from(world, world->data, DATABASE "-wal"));
    return copy_from(world, signer, STATE);
}

RESULT world_copied_database(const struct world *world, char ret_path[static PATH_SIZE])
{
    return path_join(ret_path, world->copy, DATABASE);
}

RESULT world_copied_state(const struct world *world, char ret_path[static PATH_SIZE])
{
    return path_join(ret_path, world->copy, STATE);
}

void world_remove(const struct world *world)
{
    (void)temporary_remove(world->root);
}
