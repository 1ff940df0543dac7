/* The files of an archive; see files.h. */
#include "archive/files.h"

#include "base/sentences.h"
#include "core/tlog/bundle.h"
#include "proto/tile_path.h"

#include <string.h>

enum { FOLDER_MODE = 0700, FILE_MODE = 0600 };

/* ---- names ---- */

/* Whether it has no part that leads elsewhere. */
static bool is_path_below(const char *origin)
{
    for (const char *part = origin;; part++) {
        const size_t size = strcspn(part, "/");
        if (size == 0 || (size == 1 && part[0] == '.') || (size == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += size;
        if (*part == 0)
            return true;
    }
}

RESULT archive_folder_path(const char *data, const char *folder, char ret_path[static PATH_SIZE])
{
    if (folder[0] != '/')
        return path_join(ret_path, data, folder);
    return slice_copy_text(slice_of(folder), ret_path, PATH_SIZE);
}

RESULT archive_file_path(const char *data, const char *folder, const char *origin, uint64_t bundle,
                         char ret_path[static PATH_SIZE])
{
    char base[PATH_SIZE];
    char name[PATH_SIZE];
    const struct tile_path page = {.page = TILE_PAGE_ENTRIES, .number = bundle, .width = TILE_WIDTH};
    ENSURE(is_path_below(origin), STORE_CORRUPT);
    TRY(archive_folder_path(data, folder, base));
    CLEANUP_BUFFER struct buffer text = buffer_make(sizeof name - 1);
    buffer_append_text(&text, origin);
    tile_path_write(&page, &text);
    TRY(buffer_status(&text));
    TRY(slice_copy_text(buffer_slice(&text), name, sizeof name));
    return path_join(ret_path, base, name);
}

/* ---- reading ---- */

static bool look(const void *data, const char *folder, const char *origin, uint64_t bundle, struct reason *reason)
{
    char path[PATH_SIZE];
    const struct result named = archive_file_path(data, folder, origin, bundle, path);
    result_ignore(reason_say(reason, named, "%s", is_ok(named) ? path : folder));
    return is_ok(named) && file_exists(path);
}

/* Whatever keeps it from being read, the way out is the same. */
static RESULT read_file(const void *data, const char *folder, const char *origin, uint64_t bundle, struct buffer *out,
                        struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(archive_file_path(data, folder, origin, bundle, path));
    const struct result read = file_read_kept(path, out, reason);
    if (is_ok(read) || result_code(read) == ERR_NO_MEMORY)
        return read;
    if (result_code(read) == ERR_FILE_TOO_LARGE)
        return reason_say(reason, FAIL(ARCHIVE_DAMAGED), "%s", path);
    return FAIL(ARCHIVE_MISSING);
}

void archive_attach(struct store *store, const char *data)
{
    const struct leaf_archive archive = {.read = read_file, .look = look, .context = data};
    store_archive_attach(store, &archive);
}

/* ---- writing ---- */

/* Brings the names of the folders to the disk, from that of the file up to the one in which the archive lies. A run
 * before this one may have made them, and been killed. */
static RESULT sync_folders(struct archive_files *files, const char *path, struct reason *reason)
{
    char at[PATH_SIZE];
    char top[PATH_SIZE];
    TRY(slice_copy_text(slice_of(path), at, sizeof at));
    TRY(archive_folder_path(files->data, files->folder, top));
    if (!path_go_up(at) || strcmp(at, files->synced) == 0)
        return RESULT_OK;
    memcpy(files->synced, at, sizeof files->synced);
    while (strlen(at) > strlen(top)) {
        TRY(folder_sync(at, reason));
        if (!path_go_up(at))
            return RESULT_OK;
    }
    TRY(folder_sync(at, reason));
    return path_go_up(at) ? folder_sync(at, reason) : RESULT_OK;
}

static RESULT make_folder_of(const char *path, struct reason *reason)
{
    char folder[PATH_SIZE];
    TRY(slice_copy_text(slice_of(path), folder, sizeof folder));
    return path_go_up(folder) ? folder_make(folder, FOLDER_MODE, reason) : RESULT_OK;
}

/* One with the same bytes is written again: whether it had come to the disk nobody knows. */
static RESULT check_other(const char *path, struct slice bytes, struct reason *reason)
{
    if (!file_exists(path))
        return RESULT_OK;
    CLEANUP_BUFFER struct buffer there = buffer_make(BUNDLE_MAX);
    const struct result read = file_read_kept(path, &there, reason);
    if (result_code(read) != ERR_FILE_TOO_LARGE)
        TRY(read);
    if (is_ok(read) && slice_equal(buffer_slice(&there), bytes))
        return RESULT_OK;
    return reason_say(reason, FAIL(ARCHIVE_OTHER), _("%s holds something else than the database; move it away"), path);
}

RESULT archive_file_put(struct archive_files *files, const char *path, struct slice bytes, struct reason *reason)
{
    TRY(check_other(path, bytes, reason));
    TRY(make_folder_of(path, reason));
    TRY(file_write_kept(path, bytes, FILE_MODE, reason));
    return sync_folders(files, path, reason);
}
